"""Addresses in a browser: own titles, reload, Back in one step, a sentence where an address names nothing."""

import re
from pathlib import Path

import pytest

from tests.support.streamlit_page import IDLE, wait_until_drawn
from tests.system.screens.conftest import data_set, go

SHOWN = {
    "overview": ("dataset?set={set}&tab=Overview", "Dataset", "chest_xray · Dataset", "Train"),
    "run": ("train?view=Runs&run={run}", "Train", "first try · Train", "Models"),
    "comparison": ("train?view=Compare", "Train", "Compare · Train", "Evaluate"),
    "evaluation": ("evaluate?view=Evaluations&evaluation={evaluation}&tab=Subgroups", "Evaluate", "tiny on ", "Models"),
    "acceptance": ("evaluate?view=Site+acceptance", "Evaluate", "Site acceptance · Evaluate", "Models"),
    "model": ("models?model=tiny", "Models", "tiny · Models", "Train"),
}
"""What is shown: its address, the heading of its page, the beginning of its title, and another page."""
WRITES = {"Train": "run=", "Models": "model=", "Evaluate": "evaluation="}
"""The other pages, and what only they write into their address."""


def wait_for_address(page, address: str, title: str) -> None:
    """Wait until the address, in any order of its parts, and the title are these and the page is drawn."""
    page.wait_for_function(
        """([search, title]) => {
            const sorted = text => [...new URLSearchParams(text)].map(String).sort().join()
            return sorted(location.search) === sorted(search) && document.title.startsWith(title)
        }""",
        arg=[address.partition("?")[2], title],
    )
    page.locator(IDLE).wait_for()


@pytest.mark.parametrize("what", SHOWN)
def test_what_is_shown_survives_reload_and_one_back(page, workbench: str, home: Path, what: str) -> None:
    path, heading, title, other = SHOWN[what]
    first = next(folder.name for folder in (home / "runs").iterdir() if not folder.name.endswith("-again"))
    evaluation = next((home / "models" / "tiny" / "evaluations").glob("all-*.json")).stem
    path = path.format(set=data_set(home), run=first, evaluation=evaluation)
    go(page, f"{workbench}/{path}", heading)
    wait_for_address(page, path, title)
    page.reload()
    wait_for_address(page, path, title)
    page.wait_for_function("window.cxrHistory")
    page.get_by_role("link", name=re.compile(rf"{other}$")).first.click()
    wait_until_drawn(page, page.get_by_role("heading", name=other, exact=True, level=1))
    page.wait_for_function("name => location.search.includes(name)", arg=WRITES[other])
    page.locator(IDLE).wait_for()
    page.go_back()
    page.get_by_role("heading", name=heading, exact=True, level=1).wait_for()
    wait_for_address(page, path, title)


def test_what_is_written_before_the_pages_path_is_no_step(page, workbench: str) -> None:
    path, heading, title, _ = SHOWN["acceptance"]
    go(page, f"{workbench}/{path}", heading)
    wait_for_address(page, path, title)
    page.wait_for_function("window.cxrHistory")
    steps = page.evaluate("history.length")
    page.evaluate("history.pushState({}, '', '/evaluate?model=tiny'); history.pushState({}, '', '/models?model=tiny')")
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    wait_for_address(page, path, title)


def test_a_film_has_an_address(page, workbench: str, home: Path) -> None:
    go(page, f"{workbench}/dataset?set={data_set(home)}", "Dataset")
    open_first = page.get_by_role("button", name=re.compile("^Open .*jpeg")).first
    wait_until_drawn(page, open_first)
    open_first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("sha256").wait_for()
    page.wait_for_function("location.search.includes('film=') && document.title.startsWith('Film ')")
    page.locator(IDLE).wait_for()
    film = re.search(r"film=(\w+)", page.url)
    assert film
    page.reload()
    dialog.get_by_text("sha256").wait_for()
    page.wait_for_function("title => document.title.startsWith(title)", arg=f"Film {film[1][:8]} · chest_xray")
    assert f"film={film[1]}" in page.url
    page.locator(IDLE).wait_for()
    page.go_back()
    dialog.wait_for(state="detached")
    page.wait_for_function("!location.search.includes('film=') && document.title.startsWith('chest_xray')")
    page.go_forward()
    dialog.get_by_text("sha256").wait_for()
    page.locator(IDLE).wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.wait_for_function("!location.search.includes('film=') && document.title.startsWith('chest_xray')")


def test_back_returns_to_the_view_before(page, workbench: str) -> None:
    go(page, f"{workbench}/train?view=Compare", "Train")
    page.get_by_text("Metrics of the best epoch").wait_for()
    published = page.get_by_role("radio", name=re.compile("Published")).or_(
        page.get_by_role("button", name=re.compile("Published"))
    )
    published.first.click()
    page.get_by_text("docs/reproduction.md says how").wait_for()
    page.wait_for_function("location.search.includes('Published')")
    page.locator(IDLE).wait_for()
    page.go_back()
    page.get_by_text("Metrics of the best epoch").wait_for()


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("dataset?set=nowhere", "Dataset"),
        ("dataset?set={set}&film=nowhere", "Dataset"),
        ("dataset?set={set}&tab=nowhere", "Dataset"),
        ("train?run=nowhere", "Train"),
        ("train?view=nowhere", "Train"),
        ("evaluate?evaluation=nowhere", "Evaluate"),
        ("evaluate?view=nowhere", "Evaluate"),
        ("evaluate?tab=nowhere", "Evaluate"),
        ("models?model=nowhere", "Models"),
    ],
)
def test_an_unknown_address_says_so(page, workbench: str, home: Path, path: str, title: str) -> None:
    go(page, f"{workbench}/{path.format(set=data_set(home))}", title)
    page.get_by_text("nowhere: this address names none").first.wait_for()
