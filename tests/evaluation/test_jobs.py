"""Site acceptances as jobs: their results are read back, by any process, or refused in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.acceptance_coverage import site_scores
from cxr_core.access import Account
from cxr_core.datasets.index import build_index
from cxr_core.errors import DamagedRecord, DataSetError, NotFound
from cxr_core.evaluation import site
from cxr_core.evaluation.jobs import acceptance_jobs, acceptance_of, start_acceptance, start_score_acceptance
from cxr_core.evaluation.site import ACCEPTANCE_VERDICTS, accept_csv
from cxr_core.jobs.job import Job, list_jobs, update_job
from cxr_core.models.registry import find_model
from cxr_core.paths import home
from tests.jobs.run_here import run_jobs_here
from tests.support.random_scores import write_scores_csv
from tests.support.synthetic_chests import write_data_set

LOCAL = Account()


def finished_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: Account = LOCAL) -> Job:
    """A finished acceptance of the released model by its scores."""
    run_jobs_here(monkeypatch)
    write_scores_csv(site_scores(3, 60, 0.0, 0.7), tmp_path / "here.csv")
    return start_score_acceptance(find_model(), tmp_path / "here.csv", account)


def test_the_result_of_scores_is_that_of_the_same_work_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job, model = finished_job(tmp_path, monkeypatch), find_model()
    assert (job.status, job.about, job.title) == (
        "finished",
        model.version,
        f"Site acceptance of {model.name} on here",
    )
    stored = acceptance_of(job, model)
    at_once = accept_csv(tmp_path / "here.csv", model)
    assert stored.acceptance == at_once.acceptance
    np.testing.assert_allclose(stored.evaluation.scores.scores, at_once.evaluation.scores.scores)
    assert [one.id for one in acceptance_jobs(model)] == [job.id]


def test_a_sites_films_are_judged(tiny_home: Path, demo_set: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    model = find_model("tiny")
    job = start_acceptance(model, build_index(demo_set), LOCAL)
    acceptance = acceptance_of(job, model).acceptance
    assert acceptance.films == len(build_index(demo_set).readable)
    assert (job.status, job.message) == ("finished", ACCEPTANCE_VERDICTS[acceptance.verdict])
    assert acceptance_jobs(find_model()) == []


def test_films_of_the_models_own_data_are_the_reason_of_a_failure(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs_here(monkeypatch)
    job = start_acceptance(find_model("tiny"), build_index(tiny_home / "made" / "chest_xray"), LOCAL)
    assert job.status == "failed"
    assert "only films of your own site are accepted" in job.message


def test_too_many_films_and_scores_that_are_no_table_start_no_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "MAX_FILMS", 3)
    with pytest.raises(DataSetError, match="up to 3 are accepted"):
        start_acceptance(find_model(), build_index(write_data_set(tmp_path / "site", patients=2)), LOCAL)
    (tmp_path / "here.csv").write_text("film,truth\n")
    with pytest.raises(DataSetError, match=r"here\.csv"):
        start_score_acceptance(find_model(), tmp_path / "here.csv", LOCAL)
    assert not list_jobs()


def test_a_result_that_cannot_be_read_or_whose_evaluation_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, model = finished_job(tmp_path, monkeypatch), find_model()
    result = job.result
    update_job(job.id, result=result | {"when": "2020-01-01"})
    with pytest.raises(NotFound, match="evaluated again since"):
        acceptance_of(acceptance_jobs(model)[0], model)
    update_job(job.id, result=result | {"evaluation": "gone"})
    with pytest.raises(NotFound, match="no longer on this machine"):
        acceptance_of(acceptance_jobs(model)[0], model)
    for damaged in ({}, result | {"acceptance": {}}, {"acceptance": 1}):
        update_job(job.id, result=damaged)
        with pytest.raises(DamagedRecord, match="is not the result of a site acceptance"):
            acceptance_of(acceptance_jobs(model)[0], model)


def test_who_tested_is_in_the_audit_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = finished_job(tmp_path, monkeypatch, account=Account("a1", "researcher"))
    verdict = job.result["acceptance"]["verdict"]
    [entry] = [json.loads(line) for line in (home() / "audit.jsonl").read_text().splitlines()]
    assert (entry["account"], entry["event"], entry["verdict"]) == ("a1", "acceptance", verdict)
