"""What a job's process does: wait for its device, call the job's function, record how it ended."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

from cxr_core.errors import CXRError, WorkError
from cxr_core.jobs.device_queue import hold_device
from cxr_core.jobs.heartbeat import heartbeat
from cxr_core.jobs.job import Job, find_job, jobs_folder, update_job
from cxr_core.jobs.memory import is_out_of_memory
from cxr_core.jobs.process import ProcessId
from cxr_core.jobs.start import record_job
from cxr_core.log import log_surprise
from cxr_core.progress import Progress

_logger = logging.getLogger(__name__)
SECONDS_BETWEEN_REPORTS = 0.25


class JobStopped(Exception):
    """The job was requested to stop."""


class Reporter:
    """How a job's function reports how far it is. Every report ends the job if a stop was requested."""

    def __init__(self, job_id: str) -> None:
        self._id, self._reported = job_id, 0.0
        self.told = "Finished."  # what it told last

    def begin(self, activity: str) -> None:
        """Report what it does now, which counts nothing. Raises JobStopped."""
        self._raise_if_stopped()
        self._write(message=activity, done=0, total=0)

    def count(self, activity: str) -> Progress:
        """A counter of what it does now; calling it raises JobStopped."""
        self.begin(activity)

        def report(done: int, total: int) -> None:
            self._raise_if_stopped()
            now = time.monotonic()
            if done >= total or now - self._reported >= SECONDS_BETWEEN_REPORTS:
                self._reported = now
                self._write(message=f"{activity}: {done:,} of {total:,}.", done=done, total=total)

        return report

    def tell(self, message: str, done: int, total: int) -> None:
        """Report how far it is, in words and as a count. Raises JobStopped."""
        self._raise_if_stopped()
        self.told = message
        self._write(message=message, done=done, total=total)

    def _raise_if_stopped(self) -> None:
        if (jobs_folder() / self._id / "stop").exists():
            raise JobStopped

    def _write(self, **changes: Any) -> None:
        with suppress(WorkError):  # a full disk, or a deleted folder, is met again when the result is written
            update_job(self._id, **changes)


def work(job_id: str, function: str, arguments: tuple[Any, ...]) -> None:
    """Run a job in this process.

    function: dotted name; called with the arguments and a Reporter, once the job has its device. It returns what the
    job's record keeps as `result`, with `message` for the user. Raises CXRError if it fails; the record then says why.
    """
    with suppress(JobStopped), _recorded(job_id) as result:
        update_job(job_id, status="queued", **ProcessId.current().to_dict())
        job = find_job(job_id)
        with hold_device(job.device, job.requested, _waiting(job)), heartbeat(_beat(job_id)):
            update_job(job_id, status="running", message="Starting.")
            reporter = Reporter(job_id)
            reporter.begin("Starting.")
            module, _, name = function.rpartition(".")
            result.update(getattr(import_module(module), name)(*arguments, reporter))


@contextmanager
def work_here(kind: str, title: str) -> Iterator[Reporter]:
    """What this process does within is a job that everybody sees, and can stop: a command that takes long.

    It waits for no device. kind, title: see `Job`. Raises WorkError if the job cannot be recorded, or was stopped.
    """
    job_id = record_job(kind, title)
    try:
        with _recorded(job_id) as result:
            update_job(job_id, status="running")
            reporter = Reporter(job_id)
            yield reporter
            result["message"] = reporter.told
    except JobStopped:
        raise WorkError("it was stopped", thing=title, accepted="the same command goes on") from None


@contextmanager
def _recorded(job_id: str) -> Iterator[dict[str, Any]]:
    """Record how the work within ends; what it puts into the dictionary is the record's `result`."""
    result: dict[str, Any] = {}
    try:
        yield result
    except JobStopped:
        _end(job_id, "stopped", "Stopped.")
        raise
    except KeyboardInterrupt:
        _end(job_id, "stopped", "Interrupted.")
        raise
    except CXRError as error:
        _end(job_id, "failed", str(error))
        raise
    except Exception as error:
        number = log_surprise(_logger, error)
        what = "out of memory" if is_out_of_memory(error) else "not expected"
        what += f" ({type(error).__name__}, error {number}); the log in CXR_HOME/logs says where."
        message = f"The work failed: {what}"
        _end(job_id, "failed", message)
        raise WorkError(message) from error
    else:
        _end(job_id, "finished", str(result.get("message", "Finished.")), result)


def _waiting(job: Job) -> Callable[[], None]:
    def waiting() -> None:
        if (jobs_folder() / job.id / "stop").exists():
            raise JobStopped
        # Raises WorkError if the job was deleted meanwhile, which ends it.
        update_job(job.id, message=f"Waiting for the {job.device.upper()}: another job is using it.")

    return waiting


def _beat(job_id: str) -> Callable[[], None]:
    def beat() -> None:
        with suppress(WorkError, OSError):
            os.utime(jobs_folder() / job_id / "job.json")

    return beat


def _end(job_id: str, status: str, message: str, result: dict[str, Any] | None = None) -> None:
    changes: dict[str, Any] = {"status": status, "message": message, "ended": time.time()}
    try:
        update_job(job_id, **changes, **({} if result is None else {"result": result}))
    except WorkError as error:
        print(error, flush=True)
