"""Processes that work on many tasks."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.jobs.pool import Lost, Processes

HERE = "tests.jobs.test_pool"


def squares(offset: int) -> Callable[[int], int]:
    def work(task: int) -> int:
        if task < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if task > 100:
            raise ValueError("a patient's name")
        return task**2 + offset

    return work


def unusable() -> None:
    raise SettingsError("nothing: is accepted.")


def run(tasks: list[int], count: int = 2) -> list[tuple[int, Any]]:
    waiting = list(tasks)
    with Processes[int](f"{HERE}.squares", (1,), count) as processes:
        return list(processes.run(lambda: waiting.pop(0) if waiting else None))


def test_every_task_is_done_once() -> None:
    assert sorted(run([1, 2, 3, 4, 5])) == [(1, 2), (2, 5), (3, 10), (4, 17), (5, 26)]
    assert run([], count=1) == []


def test_a_process_that_is_killed_is_replaced_and_its_task_reported() -> None:
    done = dict(run([-1, 2, -3, 4], count=1))
    assert done == {-1: Lost("SIGKILL"), 2: 5, -3: Lost("SIGKILL"), 4: 17}


def test_a_failure_ends_the_work_without_its_message() -> None:
    with pytest.raises(WorkError, match=r"error [0-9a-f]{8}") as raised:
        run([101], count=1)
    assert "patient" not in str(raised.value)


def test_a_function_that_cannot_begin_says_why() -> None:
    with (
        Processes[int](f"{HERE}.unusable", (), 1) as processes,
        pytest.raises(SettingsError, match="nothing: is accepted"),
    ):
        list(processes.run(iter([1, None]).__next__))
