"""Tabs in both themes, on a desk and on a phone; a server with a reader's own readings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxr_core.inference.reader_log import OwnReading, ReadingLog
from tests.support.browser import PATIENCE_MS
from tests.support.server import served

DESK, PHONE = (1280, 800), (390, 844)
SCREENS = [(scheme, *size) for scheme in ("light", "dark") for size in (DESK, PHONE)]


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screen(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab in one theme and of one size; Streamlit's theme follows the system's."""
    scheme, width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def own_readings(browser: Any, models: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose user has read 40 films, half of them before the model's answer, and knows the truth of 20."""
    home: Path = tmp_path_factory.mktemp("read")
    log = ReadingLog(home / "readings.sqlite")
    for number in range(40):
        sha256, blind = f"{number:064x}", bool(number % 2)
        own, verdict = ("pneumonia", "normal")[number % 3 == 0], ("pneumonia", "normal")[number % 4 == 0]
        reading = OwnReading(
            *(sha256, own, verdict, 0.9, "model", "0123456789ab", blind, "", f"2026-01-{1 + number // 8:02}T10:00"),
            seconds=20.0 + number if blind else 8.0 + number,
            prevalence=0.2,
            probability_here=0.6 if verdict == "pneumonia" else 0.1,
        )
        log.add(reading)
    log.set_truths({f"{number:064x}": ("pneumonia", "normal")[number % 2] for number in range(20)})  # type: ignore[misc]
    with served(home, models) as url:
        yield url


def keep_own_readings(page: Any) -> None:
    """Switch own readings on, as a reader does."""
    page.get_by_role("button", name="Settings").click()
    page.get_by_text("Keep my own readings").click()
    page.locator("input[aria-label='Ask for my reading first']:not([disabled])").wait_for(state="attached")
    page.keyboard.press("Escape")
    page.get_by_text("Your readings", exact=True).wait_for()
