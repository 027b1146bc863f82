"""The list of jobs above every page, and one job where it was started, by AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.components.jobs import summary
from cxr_core.jobs.job import find_job
from cxr_core.jobs.start import start_job
from cxr_core.training.run_actions import stop
from cxr_core.training.run_device import all_jobs
from cxr_core.training.runs import Run
from tests.conftest import REPOSITORY
from tests.jobs.run_here import run_jobs_here
from tests.jobs.test_job import add_job
from tests.support.runs import ended_run, new_run

PATIENCE = 120
PAGES = ("diagnose", "dataset", "train", "evaluate", "models")


def open_page(name: str) -> AppTest:
    at = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=PATIENCE)
    if name != "diagnose":
        at.switch_page(f"pages/{name}.py")
    at.run()
    assert not at.exception
    return at


def badges(at: AppTest) -> list[str]:
    """The statuses that the page shows."""
    return [one.value.split(" ")[-1].rstrip("]") for one in at.markdown if "badge" in one.value]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_lists_the_jobs(page: str) -> None:
    add_job("a", title="Audit *stars*")
    at = open_page(page)
    assert "**Audit \\*stars\\***" in [one.value for one in at.markdown]
    assert [one.key for one in at.button if one.label == "Stop" and one.key] == ["stop-a"]


def test_without_jobs_there_is_no_list() -> None:
    assert not [one for one in open_page("models").button if one.label == "Stop"]


def test_a_job_is_stopped_from_any_page() -> None:
    add_job("a")
    at = open_page("models")
    at.button(key="stop-a").click().run()
    assert find_job("a").status == "stopping"


def test_trainings_are_among_the_jobs_in_the_order_of_their_turn() -> None:
    ended, waiting, running = ended_run(), new_run(), new_run()
    ended.update(status="finished")
    waiting.update(status="queued", arrived=1.0)
    running.update(status="running", epoch=2, epochs=4, step=5, steps=10, arrived=3.0)
    add_job("first", requested=0.5, status="queued")
    jobs = all_jobs()
    assert [job.id for job in jobs] == [running.id, "first", waiting.id, ended.id]
    assert jobs[0].share == pytest.approx(15 / 40)
    assert summary(jobs) == "Jobs: 1 working, 2 waiting"
    assert summary(jobs[3:]) == "Jobs"
    at = open_page("models")
    at.button(key=f"stop-{running.id}").click().run()
    assert Run(running.folder).stop_requested
    stop(waiting)


def test_a_damaged_run_or_job_takes_no_page_down() -> None:
    run = new_run()
    (run.folder / "config.json").write_text("{")
    add_job("good")
    bad = run.folder.parents[1] / "jobs" / "bad"
    bad.mkdir()
    (bad / "job.json").write_text("[]")
    assert [job.id for job in all_jobs()] == ["good"]
    open_page("models")


def test_a_run_is_published_as_a_job_and_a_bad_name_is_a_message(
    tiny_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(run: Run, name: str, account: object) -> None:
        started.append(name)
        work = ("tests.jobs.run_here.work_of_tests", (2, "well"))
        start_job("publishing", f"Publish {run.name} as {name}", *work, about=run.id)

    run_jobs_here(monkeypatch)
    at = open_page("train")
    field = next(one for one in at.text_input if one.label == "Publish as")
    field.set_value("tiny")
    next(one for one in at.button if one.label == "Publish").click().run()
    assert "is taken" in at.error[0].value
    monkeypatch.setattr("cxr_core.app.train.manage_run.start_publishing", start)
    next(one for one in at.text_input if one.label == "Publish as").set_value("mine")
    next(one for one in at.button if one.label == "Publish").click().run()
    assert started == ["mine"]
    assert "Counted 2" in at.success[0].value
