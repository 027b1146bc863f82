"""Jobs: their record, their order, and that none of them holds up the others."""

import json
import threading
import time
from contextlib import ExitStack

import pytest

from cxr_core.bin import owner_of
from cxr_core.errors import CXRError, DamagedRecord, NotFound, WorkError
from cxr_core.jobs import device_queue
from cxr_core.jobs.device_queue import hold_device
from cxr_core.jobs.job import Job, damaged_jobs, find_job, job_log, jobs_folder, list_jobs, stop_job, update_job
from cxr_core.jobs.process import ProcessId
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import work
from cxr_core.records import write_object
from tests.jobs.run_here import run_jobs_here
from tests.support.damaged_files import WAYS
from tests.support.waiting import PATIENCE_SECONDS, wait_until

FUNCTION = "tests.jobs.run_here.work_of_tests"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_queue, "POLL_SECONDS", 0.01)


def start(ends: str = "well", steps: int = 3) -> Job:
    return start_job("evaluation", "Evaluate", FUNCTION, (steps, ends))


def test_a_job_has_the_owner_who_started_it() -> None:
    job = start_job("evaluation", "Evaluate", FUNCTION, (1, "well"), owner="a1")
    assert owner_of(jobs_folder() / job.id) == "a1"
    wait_until(lambda: not find_job(job.id).live)


def add_job(name: str, requested: float = 1.0, **changes: object) -> str:
    """A job of this process that has not begun."""
    values = {"id": name, "kind": "audit", "title": "Audit", "about": "", "device": "cpu", "status": "starting"}
    values |= {"message": "", "requested": requested, **ProcessId.current().to_dict(), **changes}
    (jobs_folder() / name).mkdir(parents=True)
    write_object(jobs_folder() / name / "job.json", values)
    return name


def test_a_job_ends_with_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    job = start()
    assert (job.status, job.message, job.result["steps"]) == ("finished", "Counted 3.", 3)
    assert (job.done, job.total, job.share) == (3, 3, 1.0)
    assert job.ended
    assert [one.id for one in list_jobs()] == [job.id]
    assert list_jobs(time.time() + 3600) == []


@pytest.mark.parametrize(
    ("ends", "words"), [("refused", "The disk is full."), ("memory", "out of memory"), ("bug", "not expected")]
)
def test_a_job_that_fails_says_why(ends: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    job = start(ends)
    assert job.status == "failed"
    assert words in job.message
    assert "patient" not in job.message


def test_a_job_in_a_process_of_its_own_ends_once_and_its_log_is_kept() -> None:
    job = start("refused")
    wait_until(lambda: not find_job(job.id).live)
    assert (find_job(job.id).status, find_job(job.id).message) == ("failed", "The disk is full.")
    wait_until(lambda: not job.process.alive)
    assert job_log(job.id) == ["The disk is full."]


def test_a_job_that_cannot_be_started_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> ProcessId:
        raise WorkError("no more processes.")

    monkeypatch.setattr("cxr_core.jobs.start.start_process", refuse)
    with pytest.raises(WorkError, match="no more"):
        start()
    (job,) = list_jobs()
    assert (job.status, job.message) == ("failed", "no more processes.")


def test_a_waiting_job_says_so_and_is_stopped() -> None:
    name = add_job("a")
    with hold_device("cpu", 0.0, lambda: None):
        thread = threading.Thread(target=work, args=(name, FUNCTION, (3, "well")))
        thread.start()
        wait_until(lambda: find_job(name).message == "Waiting for the CPU: another job is using it.")
        assert find_job(name).status == "queued"
        stop_job(name)
        thread.join(PATIENCE_SECONDS)
    assert find_job(name).status == "stopped"
    stop_job(name)


def test_a_job_that_works_is_stopped_at_its_next_report() -> None:
    name = add_job("a")
    (jobs_folder() / name / "stop").touch()
    assert find_job(name).status == "stopping"
    work(name, FUNCTION, (3, "well"))
    assert find_job(name).status == "stopped"


def test_jobs_of_a_device_run_one_by_one_in_their_order() -> None:
    names = [add_job(f"job{number}", requested=float(number)) for number in (3, 1, 2)]
    threads = [threading.Thread(target=work, args=(name, FUNCTION, (1, "well"))) for name in names]
    with ExitStack() as first:
        first.enter_context(hold_device("cpu", 0.0, lambda: None))
        for thread in threads:
            thread.start()
        wait_until(lambda: [find_job(name).status for name in names] == ["queued"] * 3)
        wait_until(lambda: len(list((jobs_folder().parent / "cpu.queue").glob("*.json"))) == 3)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    ended = sorted(list_jobs(), key=lambda job: job.ended or 0.0)
    assert [job.id for job in ended] == ["job1", "job2", "job3"]


def test_a_waiting_job_that_is_deleted_ends_and_does_not_hold_up_others() -> None:
    name, other = add_job("a"), add_job("b", requested=2.0)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work(name, FUNCTION, (3, "well"))
        except CXRError as error:
            failures.append(error)

    with hold_device("cpu", 0.0, lambda: None):
        thread = threading.Thread(target=run)
        thread.start()
        wait_until(lambda: find_job(name).message.startswith("Waiting"))
        (jobs_folder() / name).rename(jobs_folder().parent / "deleted")  # at once, since it is being written to
        thread.join(PATIENCE_SECONDS)
    assert len(failures) == 1
    work(other, FUNCTION, (1, "well"))
    assert find_job(other).status == "finished"


def test_a_job_whose_process_has_ended_is_dead_and_says_what_its_log_says() -> None:
    name = add_job("a", pid=2**22 + 1, status="running")
    assert find_job(name).status == "dead"
    assert "unexpectedly" in find_job(name).message
    (jobs_folder() / name / "log.txt").write_text("std::bad_alloc\n")
    assert "out of memory" in find_job(name).message


@pytest.mark.parametrize("way", [*WAYS, "a status of a later version", "a later schema"])
def test_a_damaged_job_is_passed_over_and_named(way: str) -> None:
    good, bad = add_job("good"), add_job("bad")
    file = jobs_folder() / bad / "job.json"
    if way in WAYS:
        WAYS[way](file)
    else:
        changed = {"status": "paused"} if "status" in way else {"schema": 99}
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))
    assert [job.id for job in list_jobs()] == [good]
    (message,) = damaged_jobs()
    assert "bad" in message
    with pytest.raises(DamagedRecord):
        find_job(bad)
    work(good, FUNCTION, (1, "well"))
    assert find_job(good).status == "finished"


@pytest.mark.parametrize("name", ["", "..", "a/b", "none"])
def test_a_job_that_does_not_exist(name: str) -> None:
    with pytest.raises(NotFound, match="no such job"):
        find_job(name)


def test_a_deleted_job_cannot_be_changed_and_does_not_come_back() -> None:
    with pytest.raises(WorkError):
        update_job("gone", status="running")
    assert not jobs_folder().exists()


def test_old_jobs_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    monkeypatch.setattr("cxr_core.jobs.start.KEPT", 2)
    kept = [start().id for _ in range(4)][-2:]
    assert sorted(job.id for job in list_jobs()) == sorted(kept)
