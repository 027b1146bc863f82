"""The map of a data set: features cached by content, points, what stands out, and few films."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.inference import film_map as module
from cxr_core.inference.features import features_of
from cxr_core.inference.film_map import film_map, place
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.open_gate import OpenGate


@pytest.fixture
def predictor(tiny_home: Path) -> Predictor:
    return Predictor(find_model("tiny"), gate=OpenGate())  # type: ignore[arg-type]


def test_a_film_is_computed_once_whatever_its_path(tiny_home: Path, predictor: Predictor) -> None:
    index = build_index(tiny_home / "made" / "chest_xray")
    calls: list[int] = []
    some = index.readable.head(10)
    first = features_of(predictor, index, some, lambda done, total: calls.append(total))
    assert calls == [10]
    again = features_of(predictor, index, index.readable.head(12).iloc[::-1], lambda done, total: calls.append(total))
    assert calls == [10, 2]
    np.testing.assert_array_equal(again[::-1][:10], first)
    (tiny_home / "made" / "chest_xray" / index.readable["path"].iloc[20]).write_bytes(b"")
    found = features_of(predictor, index, index.readable.head(25))
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == [20]
    assert len(film_map(predictor, index, "pca").films) == len(index.readable) - 1


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_map_is_the_same_again_and_a_large_set_is_sampled(
    tiny_home: Path, predictor: Predictor, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = build_index(tiny_home / "made" / "chest_xray")
    whole = film_map(predictor, index, method)
    assert whole.points.shape == (len(index.readable), 2)
    assert whole.sampled_from == len(index.readable)
    np.testing.assert_array_equal(film_map(predictor, index, method).points, whole.points)
    monkeypatch.setitem(module.MOST_FILMS, method, 20)
    sample = film_map(predictor, index, method, sample=15)
    assert len(sample.films) == len(sample.points) == 15
    assert sample.sampled_from == len(index.readable)
    assert sample.films["path"].tolist() == film_map(predictor, index, method, sample=15).films["path"].tolist()
    larger = film_map(predictor, index, method, sample=18)
    assert set(sample.films["path"]) < set(larger.films["path"])


def test_copies_and_strangers_stand_out() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 20)).astype(np.float32)
    features[1] = features[0] + 1e-4
    features[2] += 100
    points, stands_out = place(features, "pca")
    assert points.shape == (300, 2)
    assert set(np.flatnonzero(stands_out == 2)) == {0, 1}
    assert stands_out[2] == 1


@pytest.mark.parametrize("films", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_few_films_and_constant_features_have_a_map(films: int, method: str) -> None:
    for features in (np.ones((films, 8), np.float32), np.random.default_rng(0).normal(size=(films, 8))):
        points, stands_out = place(features.astype(np.float32), method)
        assert points.shape == (films, 2)
        assert np.isfinite(points).all()
        assert len(stands_out) == films
