"""Runs as processes of their own, which outlive the browser tab and the server."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import psutil

from cxr_core.errors import SettingsError, WorkError
from cxr_core.paths import REPOSITORY
from cxr_core.training.recipe_settings import Recipe, differences
from cxr_core.training.runs import Run, create_run, in_words


def launch(data: Path, recipe_name: str, recipe: Recipe, split: Path | None = None) -> Run:
    """Start a fit in a process of its own session, so that ending the server does not end it."""
    run = create_run(data, recipe_name, recipe, split)
    start(run)
    return run


def start(run: Run) -> None:
    """Put a process to work on a run folder. Raises WorkError if it cannot be started."""
    run.update(status="starting", arrived=time.time(), message="Starting.")
    try:
        with (run.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cxr_core.jobs.worker", str(run.folder)],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise WorkError(f"run {run.id}: its process could not be started ({error.strerror}).") from error
    run.update(pid=process.pid, pid_started=psutil.Process(process.pid).create_time())


def stop(run: Run) -> None:
    """Ask a run to stop after the batch it is at; the best weights so far stay. No effect on one that has ended.

    Raises WorkError if the run folder cannot be written.
    """
    if not run.live:
        return
    try:
        (run.folder / "stop").touch()
    except OSError as error:
        raise WorkError(f"{run.folder}: the run folder cannot be written ({error.strerror}).") from error


def kill(run: Run) -> None:
    """End a run's process at once; `resume` goes on from its last whole epoch. No effect on one that has ended."""
    if not run.live:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(run.state()["pid"])
        process.kill()
        process.wait(10)
    run.update(status="stopped", message="Killed.")
    (run.folder / "stop").unlink(missing_ok=True)


def resume(run: Run) -> None:
    """Go on where a run that stopped, failed or died left off. Raises what `prepare_resume` raises."""
    prepare_resume(run)
    start(run)


def prepare_resume(run: Run) -> None:
    """Check that a run can go on, and take back a stop.

    Raises WorkError if it is at work or finished, SettingsError if its settings were changed since.
    """
    from cxr_core.training.checkpoint import last_commit

    status = run.state()["status"]
    if run.live or status == "finished":
        raise WorkError(f"run {run.id}: is {status}; only a run that stopped, failed or died can go on.")
    done = last_commit(run)
    if done:
        changed = differences(done.asked["settings"], run.config()["settings"])
        if done.asked["split"] != run.config()["split"]:
            changed["split"] = (done.asked["split"], run.config()["split"])
        if changed:
            raise SettingsError(f"run {run.id}: cannot go on with other settings: {in_words(changed)}.")
    (run.folder / "stop").unlink(missing_ok=True)
    run.update(arrived=time.time())
