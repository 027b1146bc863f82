"""Site acceptance of a model by a CSV of its scores, and by films."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.acceptance_coverage import site_scores
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError, SettingsError
from cxr_core.evaluation import site
from cxr_core.evaluation.site import (
    ACCEPTANCE_VERDICTS,
    accept_csv,
    accept_films,
    acceptance_document,
    judge_site,
    profile_of,
    shared_of,
    write_acceptance,
)
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import find_model
from cxr_core.reports.acceptance_pdf import acceptance_pdf
from tests.support.random_scores import write_scores_csv
from tests.support.synthetic_chests import write_data_set


def test_a_sites_scores_as_a_csv(tmp_path: Path) -> None:
    scores = site_scores(3, 200, 0.0, 0.7)
    write_scores_csv(scores, tmp_path / "here.csv")
    result = accept_csv(tmp_path / "here.csv", find_model())
    assert result.acceptance.films == 200
    assert result.acceptance.verdict in ACCEPTANCE_VERDICTS
    assert result.acceptance.to_dict()["points"]["balanced"]["threshold"] > 0


def test_the_result_is_written_with_its_verdict_in_words(tmp_path: Path) -> None:
    write_scores_csv(site_scores(3, 40, 0.0, 0.7), tmp_path / "here.csv")
    content = acceptance_document(judge_site(find_model(), tmp_path / "here.csv"))
    write_acceptance(content, tmp_path / "out")
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


def test_a_fit_model_gets_a_profile_and_another_none(tmp_path: Path) -> None:
    model = find_model()
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 2
    good = Scores(labels, np.where(labels == 1, rng.uniform(0.9, 1, 240), rng.uniform(0, 0.2, 240)), np.arange(240))
    write_scores_csv(good, tmp_path / "here.csv")
    result = accept_csv(tmp_path / "here.csv", model)
    assert result.acceptance.verdict == "fit"
    assert acceptance_pdf(acceptance_document(result), datetime(2026, 1, 1, tzinfo=UTC)).startswith(b"%PDF")
    profile = profile_of(result, model, "north", "A. B.", 0.3)
    assert (profile.shift, profile.prevalence, profile.films, profile.version) == (0.0, 0.3, 240, model.version)
    for rate, limits in profile.limits_by_error_rate.items():
        card = model.card.limits_by_error_rate[rate]
        assert limits.pneumonia_from <= card.pneumonia_from
        assert limits.normal_to >= card.normal_to
    for name, who, prevalence in (("north", " ", 0.3), ("a/b", "A", 0.3), ("north", "A", 0.9)):
        with pytest.raises(SettingsError, match=f"{name}|prevalence"):
            profile_of(result, model, name, who, prevalence)
    write_scores_csv(good.subset(np.arange(240) < 40), tmp_path / "few.csv")
    with pytest.raises(SettingsError, match="Too few films"):
        profile_of(accept_csv(tmp_path / "few.csv", model), model, "north", "A", 0.3)


def test_a_site_shares_counts_and_no_name(tmp_path: Path) -> None:
    write_scores_csv(site_scores(3, 200, 0.0, 0.7), tmp_path / "st-anna-films.csv")
    model = find_model()
    shared = shared_of(accept_csv(tmp_path / "st-anna-films.csv", model), model, "north")
    assert (shared.site, shared.films, len(shared.when), shared.version) == ("north", 200, 10, model.version)
    assert "st-anna" not in json.dumps(shared.to_dict())
