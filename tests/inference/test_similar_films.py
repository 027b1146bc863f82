"""Similar films of the demo set by the tiny model's features."""

from pathlib import Path

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.similar_films import FeatureIndex
from cxr_core.models.registry import find_model
from tests.support.open_gate import OpenGate


def test_similar_films_are_near_and_never_the_film_itself(tiny_home: Path) -> None:
    predictor = Predictor(find_model("tiny"), gate=OpenGate())  # type: ignore[arg-type]
    index = build_index(tiny_home / "made" / "chest_xray")
    near = FeatureIndex(predictor, index)
    from_cache = FeatureIndex(predictor, index)
    row = index.films.iloc[0]
    prediction = next(iter(predictor.predict([read_film(index.root / row["path"])])))
    assert prediction.features is not None
    first = near.nearest(prediction.features, 3)
    assert first[0].path == row["path"]
    assert first[0].distance == pytest.approx(0, abs=1e-3)
    assert [one.distance for one in first] == sorted(one.distance for one in first)
    assert from_cache.nearest(prediction.features, 3) == first
    assert row["path"] not in [one.path for one in near.nearest(prediction.features, 3, leave_out=row["sha256"])]
