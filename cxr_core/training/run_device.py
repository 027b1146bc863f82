"""Which device a run is fitted on, and its wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxr_core.errors import WorkError
from cxr_core.jobs.device_queue import hold_device
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.runs import Run, StopRequested

_NVIDIA = Path("/dev/nvidia0")


def device_of(recipe: Recipe) -> str:
    """ "cpu" or "gpu": where a fit of this recipe would run on this machine."""
    return "cpu" if recipe.device == "cpu" or not _NVIDIA.exists() else "gpu"


@contextmanager
def hold_device_for(run: Run, recipe: Recipe) -> Iterator[None]:
    """Run the block while no other run of this home folder uses the run's device; the run is "queued" until then.

    Raises StopRequested if the run is stopped while it waits, WorkError if its folder is deleted.
    """
    device = device_of(recipe)

    def waiting() -> None:
        if not run.folder.exists():
            raise WorkError(f"run {run.id}: its folder was deleted while it waited.")
        run.report(status="queued", message=f"Waiting for the {device.upper()}: another run is using it.")
        if run.stop_requested:
            raise StopRequested

    with hold_device(device, run.state().arrived, waiting):
        yield
