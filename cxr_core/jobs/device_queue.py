"""One run a device; others wait for their turn, first come, first served."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxr_core.paths import home
from cxr_core.training.recipe_settings import Recipe, recipe_from_dict
from cxr_core.training.runs import Run, StopRequested, list_runs

SECONDS_BETWEEN_LOOKS = 1.0
_NVIDIA = Path("/dev/nvidia0")


def device_of(recipe: Recipe) -> str:
    """ "cpu" or "gpu": where a fit of this recipe would run on this machine."""
    return "cpu" if recipe.device == "cpu" or not _NVIDIA.exists() else "gpu"


@contextmanager
def turn(run: Run, recipe: Recipe) -> Iterator[None]:
    """Hold the run's device; waits until no other run of this home folder works on it.

    The lock is the kernel's, on an open file: it is gone when its process is, however that ended. Raises
    StopRequested if the run is stopped while it waits.
    """
    device = device_of(recipe)
    with (home() / f"{device}.lock").open("a") as lock:
        while not (_is_next(run, device) and _taken(lock)):
            run.report(status="queued", message=f"Waiting for the {device.upper()}: another run is at work on it.")
            if run.stop_requested:
                raise StopRequested
            time.sleep(SECONDS_BETWEEN_LOOKS)
        yield


def _taken(lock) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _waits_since(run: Run) -> float:
    state = run.state()
    return state.get("arrived", 0.0) if state["status"] == "queued" else float("inf")


def _is_next(run: Run, device: str) -> bool:
    """Whether no run that came before this one waits for the same device."""
    mine = run.state().get("arrived", 0.0)
    for other in list_runs():
        if other.folder != run.folder and _waits_since(other) < mine:
            settings = recipe_from_dict(other.config()["settings"])
            if device_of(settings) == device:
                return False
    return True
