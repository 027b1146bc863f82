"""The job: work that takes long, in a process that outlives the browser tab and the server.

    CXR_HOME/jobs/ID/job.json    what it is and how far it is; replaced atomically
                     log.txt     the output of its process
                     stop        exists once a stop was requested

Everything is read from the files at each call, so all processes see the same state. A job whose file cannot be read is
passed over, and its folder can be deleted at any time: neither holds up the others.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from cxr_core.errors import DamagedRecord, NotFound, work_error
from cxr_core.files import locked
from cxr_core.jobs.memory import reason_in_log
from cxr_core.jobs.process import ProcessId, log_tail
from cxr_core.paths import home
from cxr_core.records import Fields, Record, write_object

LIVE = ("starting", "queued", "preparing", "running", "stopping")
ENDED = ("finished", "stopped", "failed", "dead")


@dataclass(frozen=True)
class Job(Record):
    """`job.json`: what a job is, and its progress.

    kind: "training", "publishing", "conversion", "evaluation", "acceptance", "audit" or "archive". title: for the user.
    about: the id of what it works on, such as a run's, or "". device: "cpu" or "gpu". status: one of LIVE or ENDED.
    message: for the user; the reason of a failure. done, total: of what it counts, total 0 if it counts nothing.
    requested, ended: seconds since 1970, ended None while it lives. pid, pid_started: its process. result: what it
    returned, JSON-ready.
    """

    what: ClassVar[str] = "a job"
    id: str
    kind: str
    title: str
    about: str
    device: str
    status: str
    message: str
    done: int
    total: int
    requested: float
    ended: float | None
    pid: int
    pid_started: float
    result: dict[str, Any]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The job of a JSON object. Raises ValueError."""
        fields = Fields(values)
        status = fields.text("status")
        if status not in (*LIVE, *ENDED):
            raise ValueError(f'status is "{status}", not one of {", ".join((*LIVE, *ENDED))}')
        return cls(
            content=values,
            id=fields.text("id"),
            kind=fields.text("kind"),
            title=fields.text("title"),
            about=fields.text("about"),
            device=fields.text("device"),
            status=status,
            message=fields.text("message"),
            done=fields.whole("done", 0),
            total=fields.whole("total", 0),
            requested=fields.number("requested"),
            ended=fields.optional_number("ended"),
            pid=fields.whole("pid"),
            pid_started=fields.number("pid_started"),
            result=fields.part("result", optional=True).values,
        )

    @property
    def live(self) -> bool:
        """Whether it waits or works."""
        return self.status in LIVE

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total else float(self.status == "finished")

    @property
    def process(self) -> ProcessId:
        """The process that works on it, or did."""
        return ProcessId(self.pid, self.pid_started)


def jobs_folder() -> Path:
    """`jobs/` under the home folder; created by `start_job`."""
    return home() / "jobs"


def find_job(job_id: str) -> Job:
    """The job of that id, "dead" if its process has ended, "stopping" once a stop was requested.

    Raises NotFound, and DamagedRecord if its file cannot be read.
    """
    folder = jobs_folder() / job_id
    if not job_id or Path(job_id).name != job_id or not (folder / "job.json").exists():
        raise NotFound("there is no such job", thing=f"job {job_id!r}", accepted="`jobs` lists them")
    job = Job.read(folder / "job.json")
    if not job.live:
        return job
    if not job.process.alive:
        job = Job.read(folder / "job.json")  # it may have ended between the two
        return job.changed(status="dead", message=reason_in_log(job_log(job_id))) if job.live else job
    return job.changed(status="stopping") if (folder / "stop").exists() else job


def list_jobs(since: float = 0.0) -> list[Job]:
    """Every job that was written since then, in seconds since 1970; `damaged_jobs` names those that are passed over."""
    return _all_jobs(since)[0]


def damaged_jobs() -> list[str]:
    """A sentence for each job that cannot be read and is passed over."""
    return _all_jobs(0.0)[1]


def update_job(job_id: str, **changes: Any) -> None:
    """Change a job's record under its lock. Raises WorkError if it was deleted or cannot be written."""
    file = jobs_folder() / job_id / "job.json"
    try:
        with locked(file):
            write_object(file, Job.read(file).to_dict() | changes)
    except OSError as error:
        raise work_error(file.parent, "the job's folder cannot be written", error) from error


def stop_job(job_id: str) -> None:
    """Request that a job stops, at once if it waits. No effect once it has ended. Raises NotFound and WorkError."""
    if not find_job(job_id).live:
        return
    try:
        (jobs_folder() / job_id / "stop").touch()
    except OSError as error:
        raise work_error(f"job {job_id}", "the stop cannot be requested", error) from error


def job_log(job_id: str, lines: int = 20) -> list[str]:
    """The last lines of a job's log."""
    return log_tail(jobs_folder() / job_id / "log.txt", lines)


def _all_jobs(since: float) -> tuple[list[Job], list[str]]:
    jobs, messages = [], []
    for file in sorted(jobs_folder().glob("*/job.json")):
        try:
            if file.stat().st_mtime >= since:
                jobs.append(find_job(file.parent.name))
        except DamagedRecord as error:
            messages.append(str(error))
        except (NotFound, OSError):
            continue  # deleted meanwhile
    return jobs, messages
