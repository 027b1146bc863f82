"""Films of a model's training: site acceptance refuses them, and an evaluation's report says what the check has found.

On the released model's own films, on the same at another size, and on films of the demo set, which it has never seen.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from cxr_core.datasets.demo import write_demo_set
from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import data_set_key, remember_data_set
from cxr_core.evaluation.run import evaluate_films
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.server import served
from tests.support.streamlit_page import wait_until_drawn

JOB_MS = 240_000
OF_EACH_CLASS = 6
REPORTED = {
    "trained": r"12 of these 12 films are in the model's split table, compared by content and by perceptual "
    r"fingerprint: \d+ trained on, \d+ validated on, \d+ held out; 0 of them in another size or encoding\.",
    "copies": r"12 of these 12 films are in the model's split table, compared by content and by perceptual "
    r"fingerprint: \d+ trained on, \d+ validated on, \d+ held out; 12 of them in another size or encoding\.",
    "others": r"None of these \d+ films is in the model's split table, compared by content and by perceptual",
}


@pytest.fixture(scope="module")
def home(real_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has opened three data sets of films, each with an evaluation of the released model."""
    root = tmp_path_factory.mktemp("films")
    for label in ("NORMAL", "PNEUMONIA"):
        for name in ("trained", "copies"):
            (root / name / "test" / label).mkdir(parents=True)
        for film in sorted((real_films / "chest_xray" / "train" / label).iterdir())[:OF_EACH_CLASS]:
            (root / "trained" / "test" / label / film.name).write_bytes(film.read_bytes())
            pixels = cv2.imread(str(film), cv2.IMREAD_GRAYSCALE)
            smaller = cv2.resize(pixels, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(root / "copies" / "test" / label / f"{film.stem}.png"), smaller)
    write_demo_set(root / "others")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(root / "home"))
        predictor = Predictor(find_model())
        for name in REPORTED:
            index = build_index(root / name)
            remember_data_set(str(index.source), index)
            evaluate_films(predictor, index, "test")
    return root


@pytest.fixture(scope="module")
def films(browser: Any, home: Path) -> Iterator[str]:
    """The address of a server of that home."""
    with served(home / "home") as address:
        yield address


def site_acceptance(page: Any, address: str, folder: Path) -> None:
    """Open the view with a data set, and start the test."""
    page.goto(f"{address}/evaluate?set={data_set_key(str(folder))}")
    wait_until_drawn(page, page.get_by_role("heading", name="Evaluate", exact=True, level=1))
    page.get_by_text("Site acceptance", exact=True).first.click()
    test = page.get_by_role("button", name="Test", exact=True)
    wait_until_drawn(page, test)
    test.click()


def test_site_acceptance_refuses_training_films(films: str, home: Path, page) -> None:
    site_acceptance(page, films, home / "trained")
    page.get_by_text("12 of the 12 films are of the data that", exact=False).first.wait_for(timeout=JOB_MS)


def test_site_acceptance_refuses_copies_of_training_films(films: str, home: Path, screen) -> None:
    site_acceptance(screen, films, home / "copies")
    refusal = screen.get_by_text("12 of them in another size or encoding", exact=False).first
    refusal.wait_for(timeout=JOB_MS)
    assert "only films of your own site are accepted" in refusal.inner_text()
    assert screen.get_by_text("Fit for use here", exact=False).count() == 0
    assert screen.get_by_text("Use here", exact=True).count() == 0
    assert screen.evaluate("document.documentElement.scrollWidth") <= screen.viewport_size["width"]


def test_site_acceptance_takes_other_films(films: str, home: Path, page) -> None:
    site_acceptance(page, films, home / "others")
    page.get_by_text("None of these", exact=False).first.wait_for(timeout=JOB_MS)
    assert page.get_by_text("only films of your own site", exact=False).count() == 0


@pytest.mark.parametrize("kind", list(REPORTED))
def test_the_report_says_what_the_overlap_check_found(films: str, home: Path, page, kind: str) -> None:
    page.goto(f"{films}/evaluate?tab=Report")
    wait_until_drawn(page, page.get_by_role("heading", name="Evaluate", exact=True, level=1))
    page.get_by_role("combobox", name=re.compile("Evaluation")).first.click()
    page.get_by_role("option", name=re.compile(rf"\b{kind}\b")).first.click()
    page.wait_for_function("kind => document.title.includes(kind)", arg=kind)
    button = page.get_by_role("button", name="Report (HTML)")
    wait_until_drawn(page, button)
    with page.expect_download() as download:
        button.click()
    report = re.sub(r"<[^>]+>", " ", Path(download.value.path()).read_text())
    assert re.search(REPORTED[kind], " ".join(report.split()).replace("&#x27;", "'").replace("&#39;", "'"))
    warned = page.get_by_text("the estimates are optimistic", exact=False)
    assert warned.count() == (0 if kind == "others" else 1)
