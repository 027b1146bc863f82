"""Start a job."""

import secrets
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cxr_core.bin import set_owner
from cxr_core.errors import WorkError, work_error
from cxr_core.jobs.job import Job, find_job, jobs_folder, list_jobs, update_job
from cxr_core.jobs.process import ProcessId, start_process
from cxr_core.records import SCHEMA, write_object

KEPT = 200
"""Jobs that have ended; the folders of older ones are removed when another is started."""


def start_job(
    kind: str,
    title: str,
    function: str,
    arguments: tuple[Any, ...],
    *,
    about: str = "",
    device: str = "cpu",
    environment: Mapping[str, str] | None = None,
    owner: str = "",
) -> Job:
    """Start a process that calls a function when its turn on the device has come; returns at once.

    kind, title, about, device: see `Job`. function, arguments: see `jobs.work.work`; the arguments are picklable.
    environment: variables that the process has in addition. owner: the id of the account that may stop it, beside
    administrators. Raises WorkError if it cannot be started.
    """
    job_id = record_job(kind, title, about=about, device=device, owner=owner)
    try:
        log = jobs_folder() / job_id / "log.txt"
        process = start_process("cxr_core.jobs.work.work", (job_id, function, arguments), log, environment or {})
    except WorkError as error:
        update_job(job_id, status="failed", message=str(error), ended=time.time())
        raise
    update_job(job_id, **process.to_dict())
    _remove_old()
    return find_job(job_id)


def record_job(kind: str, title: str, *, about: str = "", device: str = "cpu", owner: str = "") -> str:
    """The id of a new job, whose process is this one; see `start_job`. Raises WorkError if it cannot be written."""
    job_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{kind}-{secrets.token_hex(3)}"
    folder = jobs_folder() / job_id
    begun = {
        "schema": SCHEMA,
        "id": job_id,
        "kind": kind,
        "title": title,
        "about": about,
        "device": device,
        "status": "starting",
        "message": "Starting.",
        "requested": time.time(),
        **ProcessId.current().to_dict(),
    }
    try:
        folder.mkdir(parents=True)
        if owner:
            set_owner(folder, owner)
        write_object(folder / "job.json", begun)
    except OSError as error:
        raise work_error(folder, "the job's folder cannot be written", error) from error
    return job_id


def _remove_old() -> None:
    ended = sorted((job for job in list_jobs() if not job.live), key=lambda job: job.requested)
    for job in ended[:-KEPT]:
        shutil.rmtree(jobs_folder() / job.id, ignore_errors=True)
