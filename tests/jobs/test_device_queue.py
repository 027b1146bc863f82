"""The device queue: one job at a time, first come first served, and nobody waits for a job that is gone."""

import json
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.jobs import device_queue
from cxr_core.jobs.device_queue import hold_device
from cxr_core.jobs.process import ProcessId
from cxr_core.paths import home
from tests.support.waiting import PATIENCE_SECONDS, wait_until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_queue, "POLL_SECONDS", 0.01)


def queue() -> Path:
    return home() / "cpu.queue"


def never() -> None:
    raise AssertionError("the device is free")


def add_entry(name: str, content: str) -> Path:
    queue().mkdir(exist_ok=True)
    (queue() / name).write_text(content)
    return queue() / name


def test_a_free_device_is_taken_at_once() -> None:
    with hold_device("cpu", 1.0, never):
        assert not list(queue().iterdir())
    with hold_device("cpu", 1.0, never), hold_device("gpu", 1.0, never):
        pass


def test_a_job_waits_until_the_device_is_released() -> None:
    calls = []
    with ExitStack() as first:
        first.enter_context(hold_device("cpu", 1.0, never))

        def waiting() -> None:
            calls.append(len(list(queue().iterdir())))
            if len(calls) == 3:
                first.close()

        with hold_device("cpu", 2.0, waiting):
            assert calls == [1, 1, 1]


def test_a_device_is_released_by_an_error() -> None:
    with pytest.raises(ZeroDivisionError), hold_device("cpu", 1.0, never):
        _ = 1 / 0
    with hold_device("cpu", 1.0, never):
        pass


def test_the_job_that_was_asked_for_first_is_next() -> None:
    order = []

    def job(since: float) -> None:
        with hold_device("cpu", since, lambda: None):
            order.append(since)

    jobs = [threading.Thread(target=job, args=(since,)) for since in (4.0, 2.0, 3.0)]
    with hold_device("cpu", 1.0, never):
        for started, thread in enumerate(jobs, start=1):
            thread.start()
            wait_until(lambda started=started: len(list(queue().glob("*.json"))) == started)
    for thread in jobs:
        thread.join(PATIENCE_SECONDS)
    assert order == [2.0, 3.0, 4.0]


def test_a_job_whose_process_has_ended_does_not_hold_up_others() -> None:
    killed = add_entry("a.json", json.dumps({"since": 0.0, "pid": ProcessId.current().pid, "pid_started": 1.0}))
    with hold_device("cpu", 1.0, never):
        assert not killed.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "1", '{"since": 0.0}', '{"since": "x", "pid": 1}'])
def test_an_entry_that_cannot_be_read_does_not_hold_up_others(content: str) -> None:
    add_entry("a.json", content)
    with hold_device("cpu", 1.0, never):
        pass


def test_a_job_that_gives_up_leaves_the_queue() -> None:
    def give_up() -> None:
        raise KeyboardInterrupt

    with hold_device("cpu", 1.0, never):
        with pytest.raises(KeyboardInterrupt), hold_device("cpu", 2.0, give_up):
            pass
        assert not list(queue().iterdir())


def test_a_job_goes_on_when_its_entry_was_deleted() -> None:
    with ExitStack() as first:
        first.enter_context(hold_device("cpu", 1.0, never))

        def waiting() -> None:
            for entry in queue().iterdir():
                entry.unlink()
            first.close()

        with hold_device("cpu", 2.0, waiting):
            pass


def test_a_queue_that_cannot_be_written_is_reported() -> None:
    queue().touch()
    with pytest.raises(WorkError, match="cannot be created"), hold_device("cpu", 1.0, never):
        pass
