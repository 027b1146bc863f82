"""Tabs in both themes, on a desk and on a phone; a server with own readings, one with runs and a model."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import data_set_key, remember_data_set
from cxr_core.evaluation.run import evaluate_films
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.models.registry import find_model
from cxr_core.training.run_actions import describe, rename
from cxr_core.training.runs import Run
from tests.support.browser import PATIENCE_MS
from tests.support.server import served
from tests.support.streamlit_page import wait_until_drawn

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


@pytest.fixture(scope="module")
def home(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two runs, the model `tiny`, its evaluation on films that are there, and their data set opened."""
    home = tmp_path_factory.mktemp("journeys") / "home"
    shutil.copytree(trained_home, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        first = Run(next((home / "runs").iterdir()))
        second = Run(home / "runs" / f"{first.id}-again")
        shutil.copytree(first.folder, second.folder)
        for run, name in ((first, "first try"), (second, "second try")):
            rename(run, name)
            describe(run, ["study"], f"The {name}.")
        index = build_index(home / "made" / "chest_xray")
        remember_data_set(str(index.source), index)
        evaluate_films(Predictor(find_model("tiny")), index, "all")
    return home


@pytest.fixture(scope="module")
def workbench(browser, home: Path) -> Iterator[str]:
    """The address of a server of that home."""
    with served(home) as address:
        yield address


def data_set(home: Path) -> str:
    return data_set_key(str(home / "made" / "chest_xray"))


def go(page, address: str, title: str) -> None:
    page.goto(address)
    wait_until_drawn(page, page.get_by_role("heading", name=title, exact=True, level=1))
