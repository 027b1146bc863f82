"""Site acceptance of a model by a CSV of its scores, and by films."""

import json
from pathlib import Path

import pytest

from benchmarks.accuracy.acceptance_coverage import site_scores
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError
from cxr_core.evaluation import site
from cxr_core.evaluation.site import accept_csv, accept_films, accept_site
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.random_scores import write_scores_csv
from tests.support.synthetic_chests import write_data_set


def test_a_sites_scores_as_a_csv(tmp_path: Path) -> None:
    scores = site_scores(3, 200, 0.0, 0.7)
    write_scores_csv(scores, tmp_path / "here.csv")
    result = accept_csv(tmp_path / "here.csv", find_model())
    assert result.acceptance.films == 200
    assert result.acceptance.verdict in ("fit", "fit after recalibration", "not fit")
    assert result.acceptance.to_dict()["points"]["balanced"]["threshold"] > 0


def test_the_result_is_written_with_its_verdict_in_words(tmp_path: Path) -> None:
    write_scores_csv(site_scores(3, 40, 0.0, 0.7), tmp_path / "here.csv")
    content = accept_site(find_model(), tmp_path / "here.csv", tmp_path / "out")
    assert json.loads(json.dumps(content)) == json.loads((tmp_path / "out" / "acceptance.json").read_text())
    assert content["verdict_in_words"] == "Too few films for a verdict."


def test_too_many_films_are_refused(tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "MAX_FILMS", 3)
    index = build_index(write_data_set(tmp_path / "site", patients=2, split="test"))
    with pytest.raises(DataSetError, match="up to 3 are accepted"):
        accept_films(Predictor(find_model("tiny")), index)


def test_films_that_the_model_was_trained_on_are_refused(tiny_home: Path, tmp_path: Path) -> None:
    model = find_model("tiny")
    index = build_index(write_data_set(tmp_path / "site", patients=2, split="test"))
    index.readable.assign(split="train").to_csv(model.folder / "split.csv", index=False)
    with pytest.raises(DataSetError, match="8 of the 8 films are of the data that tiny was trained or tested on"):
        accept_films(Predictor(model), index)
