"""axe-core finds nothing on any page, in the light and the dark theme, on a desk and on a phone (WCAG 2.2 AA)."""

import pytest

from tests.support.streamlit_page import IDLE, wait_until_drawn
from tests.system.screens.conftest import keep_own_readings

PAGES = {"Diagnose": "", "Dataset": "dataset", "Train": "train", "Evaluate": "evaluate", "Models": "models"}
FRAME_STYLE = "() => [...document.querySelectorAll('style')].some(one => one.textContent.includes('stTopNavLink'))"
"""Whether the frame's own style is there: a slow tab loads what draws it after the page."""
STREAMLIT = {
    ("presentation-role-conflict", "stFileUploaderDropzone"): "The area that files are dropped on has the role of a "
    "decoration and a name; the button inside it, which the keyboard reaches, has both right.",
    ("region", "stFloatingOverlayPortal"): "What floats above the page lies outside the landmarks, at the body's end.",
}
"""What a page cannot mend, by axe-core's rule and Streamlit's own element, each with the reason."""


def violations(page) -> list[str]:
    """What axe-core finds, without what is Streamlit's: a line for each element, with the rule and its reason."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page.locator(IDLE).wait_for()
    page.wait_for_function(FRAME_STYLE)
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        for node in rule["nodes"]
        if not any(rule["id"] == known and element in node["html"] for known, element in STREAMLIT)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(address: str, screen, name: str) -> None:
    screen.goto(f"{address}/{PAGES[name]}")
    wait_until_drawn(screen, screen.get_by_role("heading", name=name, exact=True))
    assert violations(screen) == []


def test_diagnose_with_films_is_accessible(address: str, screen) -> None:
    screen.goto(address)
    screen.get_by_role("button", name="Try a sample").click()
    screen.get_by_text("of 6", exact=False).first.wait_for()
    wait_until_drawn(screen, screen.locator("canvas.film[data-film]"))
    screen.locator("[data-testid=stProgress]").wait_for(state="detached")
    assert violations(screen) == []


def test_own_readings_are_accessible(own_readings: str, screen) -> None:
    screen.goto(own_readings)
    keep_own_readings(screen)
    screen.get_by_text("Your readings", exact=True).click()
    wait_until_drawn(screen, screen.get_by_text("Right, where you know the truth"))
    assert violations(screen) == []
