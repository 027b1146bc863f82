"""A Predictor on the tiny model: findings once, any choice afterwards; stability, similar films, the card's entries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from cxr_core.datasets.index import build_index
from cxr_core.imaging.film import Film, Provenance
from cxr_core.inference.augmented_views import LEAST_SPREAD, fit_stability, shifted
from cxr_core.inference.decision import Choice
from cxr_core.inference.gate.gate import Admission
from cxr_core.inference.gate.pixel_checks import check_pixels
from cxr_core.inference.predictor import NO_HEATMAP, NONE_FITTED, Predictor
from cxr_core.inference.similar_films import FeatureIndex
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model, find_model
from cxr_core.publishing.answers import describe_answers
from tests.support.synthetic_chests import chest


class OpenGate:
    """Lets every film pass that is not blank or too small: the drawn chests of these tests are no films."""

    def admit(self, films):
        return [Admission(film, check_pixels(film.pixels)) for film in films]


def film(pixels: np.ndarray, name: str = "a.png") -> Film:
    return Film(pixels, name, "0" * 64, Provenance("PNG", pixels.shape[1], pixels.shape[0], 8))


@pytest.fixture
def reader(tiny_home: Path) -> Predictor:
    return Predictor(find_model("tiny"), gate=OpenGate())  # type: ignore[arg-type]


@pytest.fixture
def films() -> list[Film]:
    return [film(chest(seed, pneumonia=seed % 2 == 1), f"{seed}.png") for seed in range(5)]


def test_read_and_read_many_agree_and_keep_the_order(reader: Predictor, films: list[Film]) -> None:
    blank = film(np.full((80, 80), 7, np.uint8), "blank.png")
    together = list(reader.read_many([*films[:2], blank, *films[2:]]))
    assert [one.file for one in together] == ["0.png", "1.png", "blank.png", "2.png", "3.png", "4.png"]
    assert together[2].verdict == "not_assessable"
    assert together[2].check == "blank"
    assert together[2].probability is None
    assert reader.read(films[3]).probability == pytest.approx(together[4].probability, abs=1e-5)


def test_the_probability_is_that_of_the_plain_score(reader: Predictor, films: list[Film]) -> None:
    inputs = np.stack([reader.preprocessing.apply(one.pixels) for one in films])
    plain = reader.probabilities(reader.logits(inputs))
    read = [one.probability for one in reader.read_many(films)]
    assert read == pytest.approx(plain.tolist(), abs=1e-5)


def test_an_unclear_film_is_answered_by_the_mean_of_its_views_and_says_so(reader: Predictor, films: list[Film]) -> None:
    look = reader._second_look
    for intercept, unclear in ((0.0, True), (9.0, False)):
        reader._second_look = replace(look, first=Platt(1e-6, intercept))
        for one in reader.read_many(films):
            assert one.findings is not None
            views = one.findings.views
            assert views is not None
            assert one.findings.second_look is unclear
            assert any("Not clear at first" in reason for reason in one.reasons) is unclear
            assert one.probability == pytest.approx(expit(logit(views).mean()) if unclear else views[0], abs=1e-6)
            assert np.ptp(views) > 1e-3  # else both would be the same


def test_a_switch_decides_anew_without_reading(reader: Predictor, films: list[Film], monkeypatch) -> None:
    found = list(reader.find(films))
    monkeypatch.setattr(reader, "_network", None)
    for point in reader.rules.thresholds:
        for rate in reader.rules.limits:
            readings = [reader.decide(one, Choice(point, rate)) for one in found]
            assert {one.threshold for one in readings} == {reader.rules.thresholds[point]}
            assert [one.findings for one in readings] == found


def test_findings_hold_what_the_page_needs(reader: Predictor, films: list[Film]) -> None:
    one = next(iter(reader.find(films)))
    assert one.views is not None
    assert one.views.shape == (3,)
    assert one.spread == pytest.approx(np.ptp(one.views))
    assert one.features is not None
    assert one.heatmap is not None
    assert not any("No heatmap" in note for note in one.notes)


def test_without_a_heatmap_that_fits_the_network_none_is_shown_and_the_film_is_read(
    tiny_home: Path, reader: Predictor, films: list[Film]
) -> None:
    model = find_model("tiny")
    card = {key: value for key, value in model.card.items() if key != "heatmap"}
    without = Predictor(Model(model.folder, card), gate=OpenGate())  # type: ignore[arg-type]
    other = Predictor(model, gate=OpenGate())  # type: ignore[arg-type]
    other._local = replace(other._local, centre=-other._local.centre)  # type: ignore[type-var, union-attr]
    for one, note in ((without, NONE_FITTED), (other, NO_HEATMAP)):
        reading = one.read(films[0])
        assert reading.heatmap is None
        assert reading.findings is not None
        assert note in reading.findings.notes
        assert reading.findings.heat_in_lungs is None
        assert reading.probability == pytest.approx(reader.read(films[0]).probability)


def test_no_films_no_readings(reader: Predictor) -> None:
    assert list(reader.read_many([])) == []
    assert reader.logits(np.zeros((0, 32, 32), np.uint8)).shape == (0,)


def test_a_shift_moves_the_film_a_little_and_repeats_its_edge() -> None:
    inputs = np.random.default_rng(0).integers(0, 256, (2, 64, 64)).astype(np.uint8)
    moved = shifted(inputs)
    assert moved.shape == (4, 64, 64)
    assert np.array_equal(moved[0][2:, 2:], inputs[0][:-2, :-2])
    assert np.array_equal(moved[2][:-2, :-2], inputs[0][2:, 2:])


def test_the_limit_of_stability_leaves_one_film_in_twenty() -> None:
    spreads = np.linspace(0, 1, 101)
    views = np.stack([np.zeros(101), spreads])
    assert fit_stability(views, mirror=False)["max_spread"] == pytest.approx(0.95)
    assert fit_stability(np.zeros((4, 10)), mirror=True)["max_spread"] == LEAST_SPREAD


def test_a_model_trained_on_mirrored_films_is_asked_about_the_mirror_image_too(
    tiny_home: Path, films: list[Film]
) -> None:
    model = find_model("tiny")
    model.card["training"]["settings"]["flip"] = True
    reader = Predictor(model, gate=OpenGate())  # type: ignore[arg-type]
    inputs = np.stack([reader.preprocessing.apply(one.pixels) for one in films])
    found = list(reader.find(films))
    mirror_image = reader.answers_and_views(inputs[:, :, ::-1])[1][0]
    views = np.stack([one.views for one in found if one.views is not None], axis=1)
    assert views.shape == (4, len(films))
    assert views[1] == pytest.approx(mirror_image, abs=1e-5)
    answers, again = reader.answers_and_views(inputs)
    assert again == pytest.approx(views, abs=1e-5)
    assert answers == pytest.approx(reader.probabilities(reader.logits(inputs)), abs=1e-5)


def test_similar_films_are_near_and_never_the_film_itself(reader: Predictor, tiny_home: Path) -> None:
    index = build_index(tiny_home / "made" / "chest_xray")
    near = FeatureIndex(reader, index)
    again = FeatureIndex(reader, index)  # from the kept features
    from cxr_core.imaging.decode import read_film

    row = index.films.iloc[0]
    found = next(iter(reader.find([read_film(index.root / row["path"])])))
    assert found.features is not None
    first = near.nearest(found.features, 3)
    assert first[0].path == row["path"]
    assert first[0].distance == pytest.approx(0, abs=1e-3)
    assert [one.distance for one in first] == sorted(one.distance for one in first)
    assert again.nearest(found.features, 3) == first
    assert row["path"] not in [one.path for one in near.nearest(found.features, 3, leave_out=row["sha256"])]


def test_the_card_says_when_an_answer_is_unstable_and_what_a_score_means(reader: Predictor, tiny_home: Path) -> None:
    index = build_index(tiny_home / "made" / "chest_xray")
    said = describe_answers(reader, index, index.films)
    assert said["stability"]["max_spread"] >= LEAST_SPREAD
    assert sum(row["films"] for row in said["frequencies"]) == len(index.films)
