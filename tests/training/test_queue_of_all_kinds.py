"""Of every kind of job: one that died, was deleted, or has settings of another version never blocks the next."""

import json
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.errors import CXRError, WorkError
from cxr_core.jobs import device_queue
from cxr_core.jobs.device_queue import hold_device
from cxr_core.jobs.job import find_job, jobs_folder
from cxr_core.jobs.work import work
from cxr_core.paths import home
from cxr_core.training.recipes import Recipe
from cxr_core.training.run_device import all_jobs, hold_device_for
from cxr_core.training.runs import Run
from tests.jobs.test_job import FUNCTION, add_job
from tests.support.runs import NO_PROCESS, new_run
from tests.support.waiting import PATIENCE_SECONDS, wait_until

KINDS = ("training", "publishing", "conversion", "evaluation", "acceptance", "audit")
ON_CPU = Recipe(device="cpu")

of_every_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_queue, "POLL_SECONDS", 0.01)


def add(kind: str, **changes: object) -> Path:
    """The folder of a job, or a run, of this process that waits; it was requested before all others."""
    if kind == "training":
        run = new_run()
        run.update(status="queued", arrived=0.0, **changes)
        return run.folder
    return jobs_folder() / add_job("first", requested=0.0, kind=kind, status="queued", **changes)


def run_to_its_end(folder: Path, kind: str) -> None:
    """What the process of the job does."""
    with suppress(CXRError):
        if kind != "training":
            return work(folder.name, FUNCTION, (1, "well"))
        with hold_device_for(Run(folder), ON_CPU):
            pass


def the_next_has_its_turn() -> None:
    """A job and a training that were requested later get the device; the list of jobs can be drawn."""
    work(add_job("next", requested=5.0), FUNCTION, (1, "well"))
    assert find_job("next").status == "finished"
    with hold_device_for(new_run(), ON_CPU):
        pass
    assert "next" in [job.id for job in all_jobs()]
    assert main(["jobs"]) == 0


@of_every_kind
def test_one_that_died_while_it_waited(kind: str) -> None:
    died = add(kind, pid=NO_PROCESS)
    queue = home() / "cpu.queue"
    queue.mkdir()
    (queue / "first.json").write_text(json.dumps({"since": 0.0, "pid": NO_PROCESS, "pid_started": 1.0}))
    the_next_has_its_turn()
    assert {job.id: job.status for job in all_jobs()}[died.name] == "dead"


@of_every_kind
def test_one_that_was_deleted_while_it_waited(kind: str) -> None:
    deleted = add(kind)
    with hold_device("cpu", -1.0, lambda: None):
        thread = threading.Thread(target=run_to_its_end, args=(deleted, kind))
        thread.start()
        wait_until(lambda: any(job.message.startswith("Waiting for the CPU") for job in all_jobs()))
        deleted.rename(home() / "deleted")  # at once, since its process writes into it
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()
    the_next_has_its_turn()
    assert not deleted.exists()


@of_every_kind
def test_one_with_settings_of_another_version(kind: str) -> None:
    other = add(kind)
    file = other / ("config.json" if kind == "training" else "job.json")
    file.write_text(file.read_text().replace('"zoom"', '"mixup"').replace('"queued"', '"of another version"'))
    the_next_has_its_turn()


@pytest.mark.parametrize("kind", KINDS[1:])
def test_one_whose_work_this_version_does_not_have(kind: str) -> None:
    name = add(kind).name
    with pytest.raises(WorkError, match="not expected"):
        work(name, "cxr_core.jobs.of_another_version.work", ())
    assert find_job(name).status == "failed"
    the_next_has_its_turn()
