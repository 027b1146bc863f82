"""A Streamlit page in a browser: waiting for a script run to end, choosing from a list."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

FIRST = "[data-first]"  # a first film's answer, until the script run that follows its upload
IDLE = (
    f"[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]:not(:has({FIRST}))"
)
LIST_OPENS_WITHIN_MS = 5_000
ACTS_WITHIN_MS = 20_000
TRIES = 10


def wait_until_drawn(page: "Page", effect: "Locator") -> None:
    """Wait until the script run that follows an action has ended.

    effect: an element that only this run draws, the last one if there are several. Waiting for the end alone is not
    enough, since the run begins some time after the action. Waiting for the effect alone is not enough either: until
    the run ends, elements are replaced, and a click or key press on a replaced element is lost.
    """
    effect.first.wait_for()
    page.locator(IDLE).wait_for()


def open_tab(page: "Page", name: str, effect: "Locator") -> None:
    """Open a tab whose content the script draws; effect: see `wait_until_drawn`."""
    page.get_by_role("tab", name=name, exact=True).click()
    wait_until_drawn(page, effect)


def press(page: "Page", control: "Locator", key: str, effect: "Locator") -> None:
    """Press a key on a control until its effect shows (see `wait_until_drawn`).

    The key has to say where the control ends up ("Home", "End"), not how far it moves, since it may be pressed again.
    """
    repeat_until(page, lambda: control.press(key), effect)


def repeat_until(page: "Page", act: "Callable[[], None]", effect: "Locator") -> None:
    """Act until the effect shows (see `wait_until_drawn`): what is done to an element that is being redrawn is lost."""
    from playwright.sync_api import TimeoutError as NotFound

    for left in reversed(range(TRIES)):
        act()
        try:
            effect.first.wait_for(timeout=ACTS_WITHIN_MS)
        except NotFound:
            if not left:
                raise
        else:
            return wait_until_drawn(page, effect)


def tick(page: "Page", label: str, ticked: bool = True) -> None:
    """Set the first checkbox of that label. A click on one that is being redrawn is lost; it is then clicked again."""
    box = page.get_by_role("checkbox", name=label).first
    for _ in range(TRIES):
        if box.is_checked() == ticked:
            return
        page.get_by_text(label).first.click()
        page.wait_for_timeout(1000)
    raise AssertionError(f"{label}: not {'ticked' if ticked else 'cleared'} after {TRIES} clicks")


def pick(page: "Page", label: str | re.Pattern[str], option: str | re.Pattern[str]) -> None:
    """Choose an option of a selectbox. A list closes when its element is redrawn; it is then opened again."""
    from playwright.sync_api import TimeoutError as NotFound

    wanted = page.get_by_role("option", name=option, exact=isinstance(option, str)).first
    for left in reversed(range(TRIES)):
        page.get_by_role("combobox", name=label).first.click()
        try:
            return wanted.click(timeout=LIST_OPENS_WITHIN_MS)
        except NotFound:
            if not left:
                raise
