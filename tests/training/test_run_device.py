"""The device of a run, and its wait for it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.jobs import device_queue
from cxr_core.jobs.device_queue import hold_device
from cxr_core.training.recipes import Recipe
from cxr_core.training.run_device import device_of, hold_device_for
from cxr_core.training.runs import Run, StopRequested
from tests.support.runs import new_run

ON_CPU = Recipe(device="cpu")


def never() -> None:
    raise AssertionError("the device is free")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_queue, "POLL_SECONDS", 0.01)


def test_a_run_takes_a_gpu_if_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_queue, "NVIDIA", tmp_path / "nvidia0")
    assert device_of(Recipe()) == "cpu"
    (tmp_path / "nvidia0").touch()
    assert device_of(Recipe()) == "gpu"
    assert device_of(replace(Recipe(), device="cpu")) == "cpu"


def test_a_waiting_run_says_so_and_can_be_stopped() -> None:
    run = new_run()
    (run.folder / "stop").touch()
    with hold_device("cpu", 0.0, never), pytest.raises(StopRequested), hold_device_for(run, ON_CPU):
        pass
    (run.folder / "stop").unlink()
    assert run.state().status == "queued"
    assert run.state().message == "Waiting for the CPU: another job is using it."


def test_a_waiting_run_of_another_version_does_not_hold_up_others() -> None:
    """Once the queue was read from all runs' settings, and settings that this version does not know were an error."""
    other, run = new_run(), new_run()
    config = other.folder / "config.json"
    config.write_text(config.read_text().replace('"zoom"', '"mixup"'))
    other.update(status="queued", arrived=0.0)
    (run.folder / "stop").touch()  # so that a wait would end
    with hold_device_for(run, ON_CPU):
        assert run.state().status == "stopping"


def test_a_waiting_run_that_is_deleted_ends_and_does_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run()
    report = Run.report

    def report_and_delete(self: Run, **changes: object) -> None:
        report(self, **changes)
        shutil.rmtree(self.folder)

    with hold_device("cpu", 0.0, never), monkeypatch.context() as patch:
        patch.setattr(Run, "report", report_and_delete)
        with pytest.raises(WorkError, match="deleted while it waited"), hold_device_for(run, ON_CPU):
            pass
    with hold_device("cpu", 1.0, never):
        pass
