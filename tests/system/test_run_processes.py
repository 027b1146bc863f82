"""Runs as processes: they outlive the one that started them, wait for each other, and survive kill -9.

CXR_TEST_KILLS=10 kills ten times, each at a random moment.
"""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cxr_core.backend import import_keras
from cxr_core.training.recipes import configure
from cxr_core.training.run_actions import kill, launch, resume, start, stop
from cxr_core.training.runs import Run, create_run, list_runs
from tests.conftest import REPOSITORY
from tests.support.synthetic_chests import write_data_set

PATIENCE = 240.0
KILLS = int(os.environ.get("CXR_TEST_KILLS", "1"))
EPOCHS = 20 * (KILLS + 1)
TINY = {"size": "32", "widths": "4", "dense": "4", "batch": "16"}
LAUNCHER = """
import sys, time
from pathlib import Path
from cxr_core.backend import import_keras
from cxr_core.training.run_actions import launch
from cxr_core.training.recipes import configure
settings = {"size": "32", "widths": "4", "dense": "4", "batch": "16", "epochs": "500"}
print(launch(Path(sys.argv[1]), "sequential-4conv", configure("sequential-4conv", settings)).id, flush=True)
time.sleep(600)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data_set(tmp_path / "chest_xray", patients=20)


def wait_until(holds: Callable[[], bool], run: Run, accept: str = "") -> None:
    ends = time.monotonic() + PATIENCE
    while not holds():
        given_up = time.monotonic() > ends or run.state().status in {"failed"} - {accept}
        assert not given_up, f"{run.state()}\n" + "\n".join(run.log_tail())
        time.sleep(0.1)


def test_a_run_outlives_its_launcher_waits_in_the_queue_is_stopped_and_killed(data: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(data)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert launcher.stdout is not None
    first = Run(Path(os.environ["CXR_HOME"]) / "runs" / launcher.stdout.readline().strip())
    launcher.kill()
    launcher.wait()
    wait_until(lambda: len(first.history()) >= 2, first)
    assert first.state().status == "running"

    killed = launch(data, "sequential-4conv", configure("sequential-4conv", TINY))
    wait_until(lambda: killed.state().status == "queued", killed)
    os.kill(killed.state().pid, signal.SIGKILL)
    wait_until(lambda: killed.state().status == "dead", killed)
    second = launch(data, "sequential-4conv", configure("sequential-4conv", TINY | {"epochs": "500"}))
    wait_until(lambda: second.state().status == "queued", second)
    assert [run.id for run in list_runs()] == sorted((first.id, killed.id, second.id), reverse=True)

    stop(first)
    wait_until(lambda: not first.live, first)
    assert first.state().status == "stopped"
    assert (first.folder / "validation.csv").exists()

    wait_until(lambda: len(second.history()) >= 1, second)
    kill(second)
    assert second.state().status == "stopped"
    assert not second.live


def test_a_run_that_is_killed_shows_as_dead_and_goes_on_with_every_epoch_once(data: Path) -> None:
    run = create_run(data, "sequential-4conv", configure("sequential-4conv", TINY | {"epochs": str(EPOCHS)}))
    start(run)
    rng = random.Random(0)
    for _ in range(KILLS):
        before = len(run.history())
        wait_until(lambda before=before: len(run.history()) > before, run)
        time.sleep(rng.uniform(0, 1))
        os.kill(run.state().pid, signal.SIGKILL)
        wait_until(lambda: run.state().status == "dead", run)
        resume(run)
    wait_until(lambda: run.state().status == "finished", run)
    history = run.history()
    assert history["epoch"].tolist() == list(range(1, EPOCHS + 1))
    assert np.isfinite(history.to_numpy()).all()
    keras = import_keras()
    import cxr_core.training.augmentation  # noqa: F401  registers the layer that best.keras names

    assert keras.saving.load_model(run.folder / "best.keras", compile=False).count_params() > 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its address space")
def test_a_run_out_of_memory_says_so_and_ends(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under `ulimit -v` one once wrote "failed" and ran on, with what its libraries had left behind."""
    popen = subprocess.Popen

    def limited(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        within = (2 * 2**30, 2 * 2**30)
        return popen(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, within), **options)

    monkeypatch.setattr("cxr_core.jobs.process.subprocess.Popen", limited)
    run = launch(data, "sequential-4conv", configure("sequential-4conv", TINY))
    process = run.process
    wait_until(lambda: not process.alive and not run.live, run, accept="failed")
    assert run.state().status == "failed"
    assert "out of memory" in run.state().message
