"""Signs of life while work does not report."""

import threading

import pytest

from cxr_core.jobs.heartbeat import heartbeat
from tests.support.waiting import PATIENCE_SECONDS


def test_it_beats_while_the_block_runs_and_not_after_it() -> None:
    beats, third = [], threading.Event()

    def report() -> None:
        beats.append(1)
        if len(beats) == 3:
            third.set()

    with heartbeat(report, seconds=0.001):
        assert third.wait(PATIENCE_SECONDS)
    seen = len(beats)
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
    assert len(beats) == seen


def test_it_ends_with_an_error_of_the_block() -> None:
    with pytest.raises(ZeroDivisionError), heartbeat(lambda: None):
        _ = 1 / 0
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
