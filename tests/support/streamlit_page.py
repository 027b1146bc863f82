"""A Streamlit page in a browser: waiting for script runs, choosing from a list."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

IDLE = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
COUNT_ENDED_RUNS = """() => {
  const app = document.querySelector("[data-testid=stApp]")
  let running = false
  window.runObserver?.disconnect()
  window.endedRuns = 0
  window.runObserver = new MutationObserver(() => {
    const now = app.dataset.testScriptState !== "notRunning"
    if (running && !now) window.endedRuns += 1
    running = now
  })
  window.runObserver.observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] })
}"""
LIST_OPENS_WITHIN_MS = 5_000
TRIES = 10


def wait_until_idle(page: "Page") -> None:
    """Wait until no script runs. Just after a click its run may not have begun; see `script_runs`."""
    page.locator(IDLE).wait_for()


@contextmanager
def script_runs(page: "Page", runs: int = 1) -> Iterator[None]:
    """Wait until the script runs caused by the block's action have ended; `runs`: 2 if the script calls `st.rerun`.

    During a run elements are replaced: a click or key press on one that is about to be replaced is lost.
    """
    wait_until_idle(page)
    page.evaluate(COUNT_ENDED_RUNS)
    yield
    page.wait_for_function("runs => window.endedRuns >= runs", arg=runs)
    wait_until_idle(page)


def pick(page: "Page", label: str | re.Pattern[str], option: str | re.Pattern[str]) -> None:
    """Choose another option of a selectbox outside forms, and wait until the page has been redrawn for it.

    A list closes when its element is redrawn; it is then opened again.
    """
    from playwright.sync_api import TimeoutError as NotFound

    wanted = page.get_by_role("option", name=option, exact=isinstance(option, str)).first
    for left in reversed(range(TRIES)):
        wait_until_idle(page)
        page.get_by_role("combobox", name=label).first.click()
        try:
            wanted.wait_for(timeout=LIST_OPENS_WITHIN_MS)
            break
        except NotFound:
            if not left:
                raise
    if wanted.get_attribute("aria-selected") == "true":
        page.keyboard.press("Escape")
        return
    with script_runs(page):
        wanted.click()


def open_tab(page: "Page", name: str) -> None:
    """Open a tab of a page that runs its script for each tab."""
    with script_runs(page):
        page.get_by_role("tab", name=name, exact=True).click()
