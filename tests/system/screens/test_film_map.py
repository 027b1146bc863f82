"""The lasso on the Dataset map, drawn with the mouse in a browser."""

import re
from pathlib import Path

from tests.support.streamlit_page import repeat_until, wait_until_drawn
from tests.system.screens.conftest import data_set, go

CORNERS = ((0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02))
"""Of the lasso, in parts of the drawing's width and height: it holds every film."""
COMPUTED_WITHIN_MS = 240_000


def draw_lasso(page) -> None:
    """Drag the mouse around all points."""
    area = page.locator(".js-plotly-plot .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in CORNERS]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def test_a_lasso_chooses_films_which_the_films_tab_then_decides_on(page, workbench: str, home: Path) -> None:
    go(page, f"{workbench}/dataset?set={data_set(home)}&tab=Map", "Dataset")
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(timeout=COMPUTED_WITHIN_MS)
    wait_until_drawn(page, page.get_by_text("Draw around points to choose films"))
    films = len(list((home / "made").rglob("*.jpeg")))
    repeat_until(page, lambda: draw_lasso(page), page.get_by_text(f"{films} films in the lasso"))
    page.get_by_role("button", name="Choose them on the Films tab").click()
    wait_until_drawn(page, page.get_by_role("button", name=re.compile(f"Decide on {films} films")))
    page.wait_for_function("location.search.includes('tab=Films')")
