"""The verb `jobs`: lists all jobs, or stops one."""

import argparse
import sys

from cxr_core.cli.output import print_result
from cxr_core.errors import NotFound


def show_jobs(options: argparse.Namespace) -> int:
    """List the jobs, those that work first, then those that wait in their order; with --stop, stop one."""
    from cxr_core.jobs.job import damaged_jobs
    from cxr_core.training.run_actions import stop_any
    from cxr_core.training.run_device import all_jobs

    jobs = all_jobs()
    if options.stop is not None:
        chosen = [job for job in jobs if job.id == options.stop]
        if not chosen:
            known = ", ".join(job.id for job in jobs if job.live) or "none"
            raise NotFound(
                "there is no such job", thing=f"job {options.stop!r}", accepted=f"those that wait or work are {known}"
            )
        stop_any(chosen[0])
        jobs = [job for job in all_jobs() if job.id == options.stop]
    for message in damaged_jobs():
        print(message, file=sys.stderr)
    lines = [f"{job.id}  {job.status}  {job.device}  {job.title}: {job.message}" for job in jobs]
    return print_result(options, [job.to_dict() for job in jobs], "\n".join(lines) or "No jobs yet.")
