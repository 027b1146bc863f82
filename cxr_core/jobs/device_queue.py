"""One job at a time on each device; the others wait, first come, first served.

HOME/DEVICE.lock     locked by the process whose job has the device; the system releases it when that process ends
HOME/DEVICE.queue/   one file for each process that waits: since when, and which process it is

Only processes that are alive count as waiting, so a job that was killed, or deleted, does not hold up the others.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cxr_core.accelerator import NVIDIA
from cxr_core.errors import work_error
from cxr_core.files import store_file
from cxr_core.jobs.process import ProcessId
from cxr_core.paths import home

if TYPE_CHECKING:
    from filelock import FileLock

POLL_SECONDS = 1.0


def this_machine() -> str:
    """ "gpu" if this machine has one, else "cpu": the device of work that takes whatever there is."""
    return "gpu" if NVIDIA.exists() else "cpu"


@contextmanager
def hold_device(device: str, since: float, waiting: Callable[[], None]) -> Iterator[None]:
    """Run the block while this process holds a device; first waits until no other process of this home folder does.

    device: "cpu" or "gpu"; part of a file name. since: when the job was requested, in seconds since 1970; of the jobs
    that wait, the earliest is next. waiting: called about once a second while the job waits; may raise to give up.
    Raises WorkError if the home folder cannot be written.
    """
    from filelock import FileLock

    entry = _enter(home() / f"{device}.queue", since)
    lock = FileLock(home() / f"{device}.lock", timeout=0)
    try:
        while not (_is_next(entry, since) and _try_lock(lock)):
            waiting()
            time.sleep(POLL_SECONDS)
        entry.unlink(missing_ok=True)
        yield
    finally:
        lock.release()
        entry.unlink(missing_ok=True)


def _enter(queue: Path, since: float) -> Path:
    entry = queue / f"{uuid4().hex}.json"
    try:
        queue.mkdir(exist_ok=True)
    except OSError as error:
        raise work_error(queue, "cannot be created", error) from error
    with store_file(entry, "the place in the device queue") as part:
        part.write_text(json.dumps({"since": since} | ProcessId.current().to_dict()))
    return entry


def _is_next(entry: Path, since: float) -> bool:
    """Whether no other living process has waited longer. Removes the files of processes that have ended."""
    for other in entry.parent.glob("*.json"):
        if other == entry:
            continue
        try:
            values = json.loads(other.read_text())
            rank, process = (float(values["since"]), other.name), ProcessId.from_dict(values)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue  # gone meanwhile, or not readable: it holds nobody up
        if not process.alive:
            other.unlink(missing_ok=True)
        elif rank < (since, entry.name):
            return False
    return True


def _try_lock(lock: "FileLock") -> bool:
    from filelock import Timeout

    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        raise work_error(lock.lock_file, "cannot be locked", error) from error
    return True
