"""The verb `jobs`."""

import json

import pytest

from cxr_core.cli.main import main
from cxr_core.jobs.job import find_job
from tests.jobs.test_job import add_job
from tests.support.runs import new_run


def test_jobs_are_listed_in_the_order_of_their_turn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs"]) == 0
    assert capsys.readouterr().out == "No jobs yet.\n"
    run = new_run()
    add_job("a", requested=1.0, status="queued")
    assert main(["jobs", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["id"], row["kind"], row["status"]) for row in rows] == [
        (run.id, "training", "starting"),
        ("a", "audit", "queued"),
    ]
    assert main(["jobs"]) == 0
    assert "a  queued  cpu  Audit" in capsys.readouterr().out


def test_a_job_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run()
    add_job("a")
    assert main(["jobs", "--stop", "a"]) == 0
    assert find_job("a").status == "stopping"
    assert main(["jobs", "--stop", run.id]) == 0
    assert run.stop_requested
    capsys.readouterr()
    assert main(["jobs", "--stop", "b"]) == 2
    assert "job 'b': there is no such job" in capsys.readouterr().err
