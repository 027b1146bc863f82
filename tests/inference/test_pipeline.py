"""From a source to a prediction: order, unreadable files, unexpected failures, refused films with a score."""

import re
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import UnreadableFilm, WorkError
from cxr_core.imaging.film import Film
from cxr_core.inference.pipeline import PredictedFilm, predict_sources
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.open_gate import OpenGate, film_of
from tests.support.synthetic_chests import chest


class Named:
    """Predicts nothing; fails as the film's name says."""

    def predict_film(self, film: Film, score_refused: bool = False) -> Prediction:
        if film.name == "fails":
            raise ZeroDivisionError
        if film.name == "no gate":
            raise WorkError("gate_model: the gate cannot be loaded.")
        return Prediction(film.name, film.sha256)


def decode(name: str) -> Film:
    if name == "text":
        raise UnreadableFilm("text: not an image")
    return film_of(np.zeros((70, 70), np.uint8), name)


def test_each_source_has_its_result_in_order() -> None:
    first, text, failed, last = predict_sources(["a", "text", "fails", "b"], decode, Named())
    assert isinstance(first, PredictedFilm)
    assert isinstance(last, PredictedFilm)
    assert (first.prediction.file, last.film.name) == ("a", "b")
    assert str(text) == "text: not an image"
    assert re.search(r"fails: could not be processed \(error [0-9a-f]{8}\)", str(failed))


def test_what_concerns_every_film_is_raised() -> None:
    with pytest.raises(WorkError, match="cannot be loaded"):
        list(predict_sources(["a", "no gate"], decode, Named()))


def test_a_refused_film_has_a_logit_only_if_it_is_asked_for(tiny_home: Path) -> None:
    predictor = Predictor(find_model("tiny"), gate=OpenGate())  # type: ignore[arg-type]
    blank = film_of(np.full((80, 80), 7, np.uint8), "blank.png")
    for scored in (True, False):
        (found,) = predict_sources([blank], lambda film: film, predictor, score_refused=scored)
        assert isinstance(found, PredictedFilm)
        assert found.prediction.refusal is not None
        assert (found.prediction.logit is not None) is scored
        assert found.prediction.probability is None


def test_a_prediction_has_the_logit_that_scoring_gives(tiny_home: Path) -> None:
    predictor = Predictor(find_model("tiny"), gate=OpenGate())  # type: ignore[arg-type]
    film = film_of(chest(3, pneumonia=True))
    prediction = predictor.predict_film(film)
    assert prediction.logit is not None
    logits = predictor.logits(predictor.preprocessing.apply(film.pixels)[None])
    assert prediction.logit == pytest.approx(float(logits[0]), abs=1e-5)
    assert prediction.probability == pytest.approx(float(predictor.probabilities(logits)[0]), abs=1e-6)
