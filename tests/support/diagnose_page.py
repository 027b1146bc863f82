"""For tests of the Diagnose page: a predictor without a network, and the page run by AppTest."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from cxr_core.imaging.film import Film
from cxr_core.imaging.lungs import reduced
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.gate.pixel_checks import Refusal
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.models.registry import Model
from cxr_core.models.site_profile import SiteProfile
from tests.conftest import REPOSITORY
from tests.support.synthetic_films import encoded


class QuickPredictor:
    """Predicts by brightness: the probability of pneumonia is the mean grey value / 255. Otherwise like Predictor."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.rules = Rules.of(model.card)

    def at(self, site: SiteProfile | None) -> "QuickPredictor":
        other = QuickPredictor(self.model)
        other.rules = other.rules.at(site)
        return other

    def decide(self, prediction: Prediction) -> Reading:
        return decide(prediction, self.rules, Choice(), self.model.name, self.model.version)

    def predict_film(self, film: Film, score_refused: bool = False) -> Prediction:
        if min(film.pixels.shape) < 64:
            return Prediction(film.name, film.sha256, Refusal("size", "The film is too small."))
        probability = float(film.pixels.mean() / 255)
        return Prediction(
            film.name,
            film.sha256,
            probability=probability,
            view_probabilities=np.full(4, probability),
            heatmap=np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8),
            reduced=reduced(film.pixels),
            inverted=film.name.startswith("inverted"),
        )


def bright_film(probability: float, seed: int = 0) -> bytes:
    """A PNG for which QuickPredictor predicts about that probability."""
    share = np.random.default_rng(seed).random((20, 25)) < probability  # blocks of white on black
    pixels = np.kron(share, np.ones((8, 8))).astype(np.uint8) * 255
    return encoded(Image.fromarray(pixels), "PNG")


@pytest.fixture
def quick_predictor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page uses QuickPredictor."""
    from cxr_core.app import model_cache
    from cxr_core.models.registry import find_model

    monkeypatch.setattr(model_cache, "_loaded", {})
    monkeypatch.setattr(model_cache, "load_predictor", lambda name, version: QuickPredictor(find_model(name)))


def open_page() -> AppTest:
    """The app's first page."""
    page = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90).run()
    assert not page.exception
    return page


def drop(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Drop files and run the page until all are read."""
    for name, data in files:
        page.file_uploader[0].upload(name, data)
    return check(page.run())


def opened(page: AppTest, popover: str) -> AppTest:
    """The page with a popover opened, "settings" or "export", which draws what is in it."""
    page.session_state[popover] = True
    return check(page.run())


def downloads(page: AppTest) -> list[str]:
    """What the page's popover "export" offers."""
    return [button.proto.label for button in opened(page, "export").get("download_button")]


def check(page: AppTest) -> AppTest:
    """The page, after checking that it raised no exception."""
    assert not page.exception, page.exception[0].message
    return page


def html(page: AppTest) -> str:
    """All the page's HTML but for its scripts."""
    return re.sub("<script>.*?</script>", "", "\n".join(element.value for element in page.html), flags=re.DOTALL)


def component(page: AppTest, key: str) -> dict:
    """The data of a component of the page, "viewer" or "worklist"."""
    for element in page.get("bidi_component"):
        (data,) = json.loads(element.proto.json)["drawn"]
        if {"viewer": "picture", "worklist": "rows"}[key] in data:
            return data
    raise AssertionError(f"no {key} on the page")


def button(page: AppTest, label: str) -> Button:
    """The page's button with this label."""
    return next(one for one in page.button if one.label == label)


def chosen_name(page: AppTest) -> str:
    """The name of the film on screen, by the viewer's alternative text."""
    match = re.search(r"(?:Chest X-ray|Image) (.*?)(?:, read as .*)?$", component(page, "viewer")["alt"])
    assert match
    return match[1]
