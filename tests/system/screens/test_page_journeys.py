"""Dataset, Train, Evaluate and Models in a browser, each from its address to what is done there."""

import re
from pathlib import Path

import pytest

from tests.support.streamlit_page import IDLE, press, wait_until_drawn
from tests.system.screens.conftest import data_set, go
from tests.system.screens.test_accessibility import violations

PROCESS_MS = 240_000


def open_tab_of_set(page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_function("name => location.search.includes(`tab=${name}`)", arg=name)
    page.locator(IDLE).wait_for()


def test_a_film_is_excluded_which_the_overview_says_and_the_exclusion_is_undone(
    page, workbench: str, home: Path
) -> None:
    go(page, f"{workbench}/dataset?set={data_set(home)}&tab=Films", "Dataset")
    film = next((home / "made").rglob("*.jpeg")).name
    field = page.get_by_role("searchbox", name="Patient or file")
    wait_until_drawn(page, field)
    field.fill(film)
    field.press("Enter")
    page.get_by_role("button", name="Decide on 1 film").click()
    page.get_by_role("radio", name="Exclude", exact=True).or_(
        page.get_by_role("button", name="Exclude", exact=True)
    ).first.click()
    page.get_by_role("textbox", name="Reason").fill("blurred")
    page.get_by_role("textbox", name="Your name").fill("Dr. A")
    page.get_by_role("button", name="Apply").click()
    wait_until_drawn(page, page.get_by_role("button", name="Undo"))
    open_tab_of_set(page, "Overview")
    page.get_by_text("films 1 excluded").first.wait_for()
    page.reload()
    page.get_by_text("films 1 excluded").first.wait_for()
    open_tab_of_set(page, "Films")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").wait_for(state="detached")


def test_runs_are_searched_grouped_and_one_is_opened_by_its_address(page, workbench: str, home: Path) -> None:
    go(page, f"{workbench}/train?view=All+runs", "Train")
    page.get_by_role("textbox", name="Search").fill("second")
    page.get_by_role("textbox", name="Search").press("Enter")
    page.get_by_role("button", name="Filters, groups, columns").click()
    page.get_by_role("combobox", name=re.compile("Group by")).click()
    page.get_by_role("option", name="Recipe", exact=True).click()
    wait_until_drawn(page, page.locator("[data-testid=stDataFrame]").nth(1))
    run = next(folder.name for folder in (home / "runs").iterdir() if folder.name.endswith("-again"))
    go(page, f"{workbench}/train?run={run}", "Train")
    wait_until_drawn(page, page.get_by_text("Settings that differ from the recipe"))
    page.get_by_text("The second try.").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 3")
    assert "second try" in page.title()
    page.reload()
    page.get_by_text("The second try.").wait_for()


def test_a_misclassified_film_is_read_in_the_viewer(page, workbench: str) -> None:
    go(page, f"{workbench}/evaluate", "Evaluate")
    page.get_by_role("combobox", name=re.compile("Evaluation")).first.click()
    page.get_by_role("option", name=re.compile("tiny")).first.click()
    page.wait_for_function("document.title.includes('tiny')")
    slider = page.get_by_role("slider", name=re.compile("Threshold")).first
    wait_until_drawn(page, slider)
    press(page, slider, "End", page.get_by_text("Do not report estimates"))
    page.get_by_role("tab", name="Errors", exact=True).click()
    page.get_by_role("button", name="Open film", exact=True).first.wait_for(timeout=PROCESS_MS)
    page.locator(IDLE).wait_for()
    page.get_by_role("button", name="Open film", exact=True).first.click()
    page.get_by_role("dialog").locator("canvas.film[data-film]").wait_for(timeout=PROCESS_MS)
    page.get_by_role("dialog").get_by_text(re.compile("^1 of ")).wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Invert", exact=True).click()
    page.get_by_role("dialog").get_by_text("inverted").wait_for()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Next")).click()
    page.get_by_role("dialog").get_by_text(re.compile("^2 of ")).wait_for()
    assert "tab=Errors" in page.url


def manage(page, name: str) -> None:
    wait_until_drawn(page, page.get_by_role("heading", name=name, exact=True))
    page.get_by_role("button", name="Manage").click()


def test_a_model_is_renamed_retired_and_brought_back(page, workbench: str) -> None:
    go(page, f"{workbench}/models?model=tiny", "Models")
    manage(page, "tiny")
    page.get_by_role("textbox", name="New name").fill("small")
    page.get_by_role("button", name="Rename", exact=True).click()
    wait_until_drawn(page, page.get_by_text("It is now called small."))
    page.wait_for_function("document.title.startsWith('small') && location.search.includes('model=small')")
    manage(page, "small")
    page.get_by_role("button", name="Retire", exact=True).click()
    wait_until_drawn(page, page.get_by_text("small is in the bin."))
    page.get_by_text("Bin (1)").click()
    page.get_by_role("button", name="Bring back").click()
    wait_until_drawn(page, page.get_by_text("small is back."))
    go(page, f"{workbench}/models?model=small", "Models")
    page.get_by_role("heading", name="small", exact=True).wait_for()


@pytest.mark.parametrize(
    ("path", "title", "shown"),
    [
        ("train?view=All+runs", "Train", "Choose runs in the first column"),
        ("train?view=Runs", "Train", "Settings that differ from the recipe"),
        ("train?view=Compare", "Train", "Metrics of the best epoch"),
        ("train?view=Published", "Train", "docs/reproduction.md says how"),
        ("evaluate?tab=Errors", "Evaluate", "isclassified"),
        ("models?model=efficientnet-lite0-lungs-224", "Models", "Known limits"),
    ],
)
def test_a_view_with_content_is_accessible_and_fits(screen, workbench: str, path: str, title: str, shown: str) -> None:
    go(screen, f"{workbench}/{path}", title)
    wait_until_drawn(screen, screen.get_by_text(shown))
    assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(screen) == []


def test_two_cards_and_a_film_are_accessible_and_fit(screen, workbench: str, home: Path) -> None:
    go(screen, f"{workbench}/models", "Models")
    wait_until_drawn(screen, screen.get_by_text("Known limits"))
    screen.get_by_text("Compare with another model").click()
    screen.get_by_text("Property", exact=True).wait_for()
    assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(screen) == []
    go(screen, f"{workbench}/dataset?set={data_set(home)}&tab=Films", "Dataset")
    open_first = screen.get_by_role("button", name=re.compile("^Open .*jpeg")).first
    wait_until_drawn(screen, open_first)
    open_first.click()
    wait_until_drawn(screen, screen.get_by_role("dialog").get_by_text("sha256"))
    assert violations(screen) == []
