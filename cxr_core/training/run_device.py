"""Which device a run is fitted on, its wait for it, and its place among all jobs."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cxr_core.errors import CXRError, WorkError
from cxr_core.jobs.device_queue import hold_device, this_machine
from cxr_core.jobs.job import Job, list_jobs
from cxr_core.paths import runs_folder
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.runs import Run, StopRequested


def device_of(recipe: Recipe) -> str:
    """ "cpu" or "gpu": where a fit of this recipe would run on this machine."""
    return "cpu" if recipe.device == "cpu" else this_machine()


@contextmanager
def hold_device_for(run: Run, recipe: Recipe) -> Iterator[None]:
    """Run the block while no other run of this home folder uses the run's device; the run is "queued" until then.

    Raises StopRequested if the run is stopped while it waits, WorkError if its folder is deleted.
    """
    device = device_of(recipe)

    def waiting() -> None:
        if not run.folder.exists():
            raise WorkError("its folder was deleted while it waited", thing=f"run {run.id}")
        run.report(status="queued", message=f"Waiting for the {device.upper()}: another job is using it.")
        if run.stop_requested:
            raise StopRequested

    with hold_device(device, run.state().arrived, waiting):
        yield


def job_of(run: Run) -> Job:
    """A run as one of the jobs; its id is the run's. Raises DamagedRecord."""
    state, config = run.state(), run.config()
    steps = max(1, state.steps)
    done = steps * max(0, state.epoch - 1) + (steps if state.validating else state.step)
    return Job.from_dict(
        {
            "id": run.id,
            "kind": "training",
            "title": f"Train {run.name}",
            "about": run.id,
            "device": device_of(config.parsed),
            "status": state.status,
            "message": state.message,
            "done": done,
            "total": steps * state.epochs,
            "requested": state.arrived,
            "ended": None if state.live else state.heartbeat,
            "pid": state.pid,
            "pid_started": state.pid_started,
        }
    )


def all_jobs(since: float = 0.0) -> list[Job]:
    """Trainings and all other jobs that were written since then, in seconds since 1970.

    First those that work, then those that wait, in order of their turn; then those that have ended, the latest first.
    """
    jobs = list_jobs(since)
    for state in runs_folder().glob("*/state.json"):
        with suppress(CXRError, OSError):  # damaged, or deleted meanwhile
            if state.stat().st_mtime >= since:
                jobs.append(job_of(Run(state.parent)))
    live = sorted((job for job in jobs if job.live), key=lambda job: (job.status == "queued", job.requested))
    return live + sorted((job for job in jobs if not job.live), key=lambda job: -(job.ended or job.requested))
