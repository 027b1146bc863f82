"""A Predictor on the tiny model: one prediction for a film, then a reading for any choice."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from cxr_core.imaging.film import Film
from cxr_core.inference.decision import Choice
from cxr_core.inference.explain.evidence_map import read_evidence_map
from cxr_core.inference.gate.gate import Admission
from cxr_core.inference.predictor import HEATMAP_NOT_SHOWN, NO_HEATMAP_IN_MODEL, NO_HEATMAP_IN_NETWORK, Predictor
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import find_model
from cxr_core.models.runtime import Network, NetworkOutputs, ReadsInputs
from tests.models.test_site_profile import profile
from tests.support.open_gate import OpenGate, film_of
from tests.support.synthetic_chests import chest


@pytest.fixture
def predictor(tiny_home: Path) -> Predictor:
    """Of the tiny model, its heatmap shown whatever its randomisation test says."""
    model = find_model("tiny")
    heatmap = model.card.content["heatmap"] | {"shown": True}
    return Predictor(model.described(heatmap=heatmap), gate=OpenGate())  # type: ignore[arg-type]


@pytest.fixture
def films() -> list[Film]:
    return [film_of(chest(seed, pneumonia=seed % 2 == 1), f"{seed}.png") for seed in range(5)]


def test_read_and_read_many_agree_and_keep_the_order(predictor: Predictor, films: list[Film]) -> None:
    blank = film_of(np.full((80, 80), 7, np.uint8), "blank.png")
    together = list(predictor.read_many([*films[:2], blank, *films[2:]]))
    assert [one.file for one in together] == ["0.png", "1.png", "blank.png", "2.png", "3.png", "4.png"]
    assert together[2].verdict == "not_assessable"
    assert together[2].check == "blank"
    assert together[2].probability is None
    assert predictor.read(films[3]).probability == pytest.approx(together[4].probability, abs=1e-5)


def test_reading_and_scoring_give_the_same_probability(predictor: Predictor, films: list[Film]) -> None:
    inputs = np.stack([predictor.preprocessing.apply(one.pixels) for one in films])
    scored = predictor.probabilities(predictor.logits(inputs))
    read = [one.probability for one in predictor.read_many(films)]
    assert read == pytest.approx(scored.tolist(), abs=1e-5)


def test_a_borderline_film_is_averaged_over_its_views_and_the_reading_says_so(
    predictor: Predictor, films: list[Film]
) -> None:
    augmentation = predictor._augmentation
    for intercept, borderline in ((0.0, True), (9.0, False)):
        predictor._augmentation = replace(augmentation, calibration=Platt(1e-6, intercept))
        for one in predictor.read_many(films):
            assert one.prediction is not None
            views = one.prediction.view_probabilities
            assert views is not None
            assert one.prediction.averaged is borderline
            assert any("Borderline" in reason for reason in one.reasons) is borderline
            assert one.probability == pytest.approx(expit(logit(views).mean()) if borderline else views[0], abs=1e-6)
            assert np.ptp(views) > 1e-3  # else both would be the same


@pytest.mark.parametrize("flip", [False, True])
def test_a_film_that_is_clear_in_its_first_views_is_not_shifted(tiny_home: Path, films: list[Film], flip: bool) -> None:
    model = find_model("tiny")
    training = model.card.content["training"]
    model = model.described(training=training | {"settings": training["settings"] | {"flip": flip}})
    all_shifted, none_shifted, by_site = (Predictor(model, gate=OpenGate()) for _ in range(3))  # type: ignore[arg-type]
    for predictor, clear in ((all_shifted, 0.0), (none_shifted, 1.1), (by_site, 1.1)):
        predictor.rules = replace(predictor.rules, clear=clear)
        predictor._augmentation = replace(predictor._augmentation, calibration=Platt(1e-6, 9.0))  # none is borderline
    with_shifts, without = all_shifted.predict_film(films[0]), none_shifted.predict_film(films[0])
    assert with_shifts.view_probabilities is not None
    assert without.view_probabilities is not None
    first = 2 if flip else 1
    assert (len(with_shifts.view_probabilities), len(without.view_probabilities)) == (first + 2, first)
    assert without.view_probabilities == pytest.approx(with_shifts.view_probabilities[:first])
    assert (without.probability, without.heat_in_lungs) == (with_shifts.probability, with_shifts.heat_in_lungs)
    shift = float(logit(with_shifts.view_probabilities[0]))
    card = model.card.changed(stability={"max_spread": 0.2, "clear": 0.4})
    by_site.model = replace(model, card=card)
    by_site = by_site.at(profile(shift=shift))  # its probability is moved to 50%
    none_shifted._augmentation = replace(none_shifted._augmentation, calibration=Platt(1e-6, 0.0))  # all are borderline
    for predictor in (by_site, none_shifted):
        views = predictor.predict_film(films[0]).view_probabilities
        assert views is not None
        assert len(views) == first + 2


def test_another_choice_needs_no_new_prediction(
    predictor: Predictor, films: list[Film], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = list(predictor.predict(films))
    monkeypatch.setattr(predictor, "_network", None)
    for point in predictor.rules.thresholds:
        for rate in predictor.rules.limits:
            readings = [predictor.decide(one, Choice(point, rate)) for one in predictions]
            assert {one.threshold for one in readings} == {predictor.rules.thresholds[point]}
            assert [one.prediction for one in readings] == predictions


def test_a_prediction_holds_what_the_page_needs(predictor: Predictor, films: list[Film]) -> None:
    one = next(iter(predictor.predict(films)))
    assert one.view_probabilities is not None
    assert one.view_probabilities.shape == (3,)
    assert one.features is not None
    assert one.heatmap is not None
    assert not any("No heatmap" in note for note in one.notes)


def test_without_a_heatmap_the_film_is_still_read_and_the_reason_is_true(
    tiny_home: Path, predictor: Predictor, films: list[Film]
) -> None:
    model = find_model("tiny")
    content, conversion = model.card.content, model.card.conversion
    assert conversion
    network = without_cells(Network(model))
    no_role = content["conversion"] | {"outputs": [one for one in conversion.outputs if one != "feature_map"]}
    cases = (
        (None, model.described(heatmap=None), NO_HEATMAP_IN_MODEL),
        (None, model.described(heatmap={"method": "discriminant", "sha256": "0" * 64}), NO_HEATMAP_IN_MODEL),
        (None, model.described(heatmap=content["heatmap"] | {"shown": False}), HEATMAP_NOT_SHOWN),
        (network, model.described(heatmap=None, conversion=no_role), NO_HEATMAP_IN_NETWORK),
    )
    for network_of, described, note in cases:
        reading = Predictor(described, OpenGate(), network_of).read(films[0])  # type: ignore[arg-type]
        assert reading.heatmap is None
        assert reading.prediction is not None
        assert note in reading.prediction.notes
        assert reading.prediction.heat_in_lungs is None
        assert reading.probability == pytest.approx(predictor.read(films[0]).probability)


def without_cells(network: Network) -> ReadsInputs:
    """The network as one of an architecture without cells is converted."""

    class WithoutCells(Network):
        def __init__(self) -> None: ...

        def forward(self, inputs: np.ndarray) -> NetworkOutputs:
            return replace(network.forward(inputs), feature_map=None)

    return WithoutCells()


def test_the_heat_is_of_the_cells_that_decided(predictor: Predictor, films: list[Film]) -> None:
    network, scale = Network(predictor.model), read_evidence_map(predictor.model.card)
    assert scale
    assert scale.mean
    for film in films:
        inputs = predictor.preprocessing.apply(film.pixels)[None]
        cells = [network.forward(one).feature_map[0, ..., 0] for one in (inputs, inputs[:, :, ::-1])]  # type: ignore[index]
        heat = predictor.predict_film(film).heatmap
        np.testing.assert_allclose(heat, scale.heat(cells[0], cells[1]), atol=1e-5)


def test_no_films_no_readings(predictor: Predictor) -> None:
    assert list(predictor.read_many([])) == []
    assert predictor.logits(np.zeros((0, 32, 32), np.uint8)).shape == (0,)


def test_the_mirror_image_is_a_view_for_a_model_trained_on_mirrored_films(tiny_home: Path, films: list[Film]) -> None:
    model = find_model("tiny")
    training = model.card.content["training"]
    model = model.described(training=training | {"settings": training["settings"] | {"flip": True}})
    predictor = Predictor(model, gate=OpenGate())  # type: ignore[arg-type]
    inputs = np.stack([predictor.preprocessing.apply(one.pixels) for one in films])
    predictions = predictor.predict(films)
    mirror_image = predictor.probabilities_by_view(inputs[:, :, ::-1])[1][0]
    views = np.stack([one.view_probabilities for one in predictions if one.view_probabilities is not None], axis=1)
    assert views.shape == (4, len(films))
    assert views[1] == pytest.approx(mirror_image, abs=1e-5)
    final, by_view = predictor.probabilities_by_view(inputs)
    assert by_view == pytest.approx(views, abs=1e-5)
    assert final == pytest.approx(predictor.probabilities(predictor.logits(inputs)), abs=1e-5)


class _AdultGate(OpenGate):
    """Tells of each film that it shows an adult."""

    def admit(self, films: Sequence[Film]) -> list[Admission]:
        """The result for each film, in order."""
        return [replace(one, age_group="adult") for one in super().admit(films)]


def test_a_film_that_looks_like_an_adults_says_so_where_the_model_is_for_children(
    tiny_home: Path, films: list[Film]
) -> None:
    for years, warned in (([1, 5], True), ([1, 90], False)):
        model = find_model("tiny").described(population={"years": years})
        reading = Predictor(model, gate=_AdultGate()).read(films[0])  # type: ignore[arg-type]
        assert any("looks like the film of an adult" in reason for reason in reading.reasons) == warned
