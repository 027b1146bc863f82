"""Jobs on the pages: the list of all jobs above every page, and one job where it was started."""

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.paths import home_path

if TYPE_CHECKING:
    from cxr_core.jobs.job import Job

REFRESH_SECONDS = 2.0
RECENT_SECONDS = 12 * 3600.0
"""How long a job that has ended is listed."""
MOST_LISTED = 12
STATUS: dict[str, tuple[str, Any]] = {
    "starting": (":material/hourglass_top:", "blue"),
    "queued": (":material/schedule:", "gray"),
    "preparing": (":material/hourglass_top:", "blue"),
    "running": (":material/play_circle:", "blue"),
    "stopping": (":material/pending:", "orange"),
    "finished": (":material/check_circle:", "green"),
    "stopped": (":material/stop_circle:", "gray"),
    "failed": (":material/error:", "red"),
    "dead": (":material/error:", "red"),
}


def show_jobs() -> None:
    """Draw the list of jobs behind a button; nothing where there is none. It refreshes while a job lives."""
    if _nothing_recent():
        return
    jobs = recent_jobs()
    if jobs:
        st.fragment(_list_jobs, run_every=REFRESH_SECONDS if any(job.live for job in jobs) else None)()


def recent_jobs() -> "list[Job]":
    """The jobs that live or have ended lately, in the order of `all_jobs`."""
    from cxr_core.training.run_device import all_jobs  # late: the first page loads no pandas

    return all_jobs(time.time() - RECENT_SECONDS)[:MOST_LISTED]


def _nothing_recent() -> bool:
    since = time.time() - RECENT_SECONDS
    for pattern in ("jobs/*/job.json", "runs/*/state.json"):
        for file in home_path().glob(pattern):
            with suppress(OSError):  # deleted meanwhile
                if file.stat().st_mtime >= since:
                    return False
    return True


def watch_job(job_id: str) -> None:
    """Draw a job of which a page waits for the result; the page is run again when it has ended."""
    from cxr_core.jobs.job import find_job  # late: the first page watches none

    live = find_job(job_id).live
    st.fragment(_watch, run_every=REFRESH_SECONDS if live else None)(job_id, live)


def summary(jobs: "list[Job]") -> str:
    """The label of the list, for example "Jobs: 1 working, 2 waiting"."""
    waiting = sum(job.status == "queued" for job in jobs)
    working = sum(job.live for job in jobs) - waiting
    counts = [f"{count} {word}" for count, word in ((working, "working"), (waiting, "waiting")) if count]
    return f"Jobs: {', '.join(counts)}" if counts else "Jobs"


def _list_jobs() -> None:
    jobs = recent_jobs()
    with (
        st.container(horizontal=True, horizontal_alignment="right", key="jobs_button"),
        st.popover(summary(jobs), icon=":material/list_alt:", type="tertiary", key="jobs"),
    ):
        for job in jobs:
            with st.container(horizontal=True, vertical_alignment="center"):
                icon, colour = STATUS[job.status]
                st.badge(job.status, icon=icon, color=colour)
                st.markdown(f"**{escape_markdown(job.title)}**", width="stretch")
                if job.live and job.status != "stopping":
                    st.button("Stop", key=f"stop-{job.id}", type="tertiary", on_click=_stop, args=(job,))
            if job.message.rstrip(".").lower() not in ("", job.status):  # the badge says it
                st.caption(escape_markdown(job.message))
            if job.live and job.total:
                st.progress(job.share)
        if message := st.session_state.pop("jobs_error", None):
            st.error(escape_markdown(message), icon=":material/error:")


def _watch(job_id: str, was_live: bool) -> None:
    from cxr_core.jobs.job import find_job, job_log  # late, as above

    job = find_job(job_id)
    if was_live and not job.live:
        st.rerun()
    said = escape_markdown(job.message)
    if job.live:
        with st.container(horizontal=True, vertical_alignment="center"):
            icon, colour = STATUS[job.status]
            st.badge(job.status, icon=icon, color=colour)
            st.progress(job.share, f"{escape_markdown(job.title)}. {said}")
            if job.status != "stopping":
                st.button("Stop", icon=":material/stop:", key=f"end-{job_id}", on_click=_stop, args=(job,))
    elif job.status == "finished":
        st.success(said, icon=":material/check_circle:")
    elif job.status == "stopped":
        st.info(said, icon=":material/stop_circle:")
    else:
        st.error(f"{escape_markdown(job.title)}: {said}", icon=":material/error:")
        if lines := job_log(job_id):
            with st.expander("Log", icon=":material/notes:"):
                st.code("\n".join(lines), language=None, wrap_lines=True)


def _stop(job: "Job") -> None:
    from cxr_core.training.run_actions import stop_any

    try:
        stop_any(job, account())
    except CXRError as error:
        st.session_state.jobs_error = str(error)
