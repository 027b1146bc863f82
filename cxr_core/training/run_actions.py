"""What a user does with a run: start, stop, kill, resume, rename, tag, download its weights, delete.

A run is fitted in a process of its own, which outlives the browser tab and the server.
"""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from cxr_core.access import LOCAL, Account
from cxr_core.bin import in_bin, move_to_bin, owner_of
from cxr_core.errors import NotFound, SettingsError, UnusableFile, WorkError, work_error
from cxr_core.files import locked, replace_atomically, store_file
from cxr_core.jobs.job import Job, jobs_folder, stop_job
from cxr_core.jobs.process import start_process
from cxr_core.limits import DAMAGED, NETWORK, open_zip
from cxr_core.paths import runs_folder
from cxr_core.quotas import room_for
from cxr_core.training.recipe_settings import Recipe, differences
from cxr_core.training.runs import Run, create_run, describe_differences, find_run

MAX_NAME = 60
MAX_TAGS, MAX_TAG, MAX_NOTE = 20, 30, 2000


def launch(data: Path, recipe_name: str, recipe: Recipe, split: Path | None = None) -> Run:
    """Create a run and start its process. Raises what `create_run` and `start` raise."""
    run = create_run(data, recipe_name, recipe, split)
    start(run)
    return run


def start(run: Run) -> None:
    """Fit a run in a new process, which appends to the run's `log.txt`. Raises WorkError if it cannot be started."""
    run.update(status="starting", arrived=time.time(), message="Starting.")
    try:
        process = start_process("cxr_core.training.fit.fit", (run,), run.folder / "log.txt")
    except WorkError as error:
        run.report(status="failed", message=str(error))
        raise WorkError(str(error), thing=f"run {run.id}") from error
    run.update(**process.to_dict())


def stop(run: Run) -> None:
    """Request that a run stops after its current batch; the best weights so far stay. No effect once it has ended.

    Raises WorkError if the run folder cannot be written.
    """
    if not run.live:
        return
    try:
        (run.folder / "stop").touch()
    except OSError as error:
        raise work_error(run.folder, "the run folder cannot be written", error) from error


def check_owner(run: Run, account: Account) -> None:
    """Raises SettingsError unless the run is the account's own, or the account is an administrator's."""
    if not account.may_delete(owner_of(run.folder)):
        who = "only who started it, or an administrator, can stop, resume, rename or delete it"
        raise SettingsError(thing=f"run {run.name}", accepted=who)


def stop_any(job: Job, account: Account = LOCAL) -> None:
    """Request that a job stops, a training or any other.

    Raises NotFound, WorkError, and SettingsError unless it is the account's own or the account is an administrator's.
    """
    if job.kind == "training":
        run = find_run(job.id)
        check_owner(run, account)
        stop(run)
    elif account.may_delete(owner_of(jobs_folder() / job.id)):
        stop_job(job.id)
    else:
        raise SettingsError(thing=job.title, accepted="only who started it, or an administrator, can stop it")


def kill(run: Run) -> None:
    """End a run's process at once; `resume` continues after its last complete epoch. No effect once it has ended."""
    if not run.live:
        return
    run.process.kill()
    run.update(status="stopped", message="Killed.")
    (run.folder / "stop").unlink(missing_ok=True)


def resume(run: Run) -> None:
    """Continue a run that stopped, failed or died. Raises what `prepare_resume` and `start` raise."""
    prepare_resume(run)
    start(run)


def prepare_resume(run: Run) -> None:
    """Check that a run can continue, withdraw a stop request, and claim the run for this process.

    Raises WorkError if it is running or finished or the quota of runs is full, SettingsError if its settings were
    changed since its last epoch. Of two processes that resume a run at once, one gets it.
    """
    with locked(run.folder / "resume"), room_for("runs", 0, f"run {run.name}"):
        _prepare_resume(run)
        run.claim("starting")


def _prepare_resume(run: Run) -> None:
    from cxr_core.training.checkpoint import last_commit

    status = run.state().status
    if run.live or status == "finished":
        raise WorkError(
            f"is {status}", thing=f"run {run.id}", accepted="only a run that stopped, failed or died can be resumed"
        )
    done = last_commit(run)
    if done:
        changed = differences(done.run_identity.get("settings", {}), run.config().settings)
        if done.run_identity.get("split") != run.config().split:
            changed["split"] = (done.run_identity.get("split"), run.config().split)
        if changed:
            raise SettingsError(
                f"cannot be resumed with other settings: {describe_differences(changed)}", thing=f"run {run.id}"
            )
    (run.folder / "stop").unlink(missing_ok=True)
    run.update(arrived=time.time())


def rename(run: Run, name: str) -> None:
    """Give a run a name; its id and folder stay.

    Raises SettingsError for a name that is not 1 to 60 printable characters, WorkError if it cannot be written.
    """
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise SettingsError(thing=f"name {name!r}", accepted=f"1 to {MAX_NAME} printable characters are accepted")
    try:
        with replace_atomically(run.folder / "name.txt") as part:
            part.write_text(name, encoding="utf-8")
    except OSError as error:
        raise work_error(run.folder, "the run folder cannot be written", error) from error


def describe(run: Run, tags: Iterable[str] | None = None, note: str | None = None) -> None:
    """Replace a run's tags, its note, or both.

    Raises SettingsError for more than MAX_TAGS tags, a tag that is not 1 to MAX_TAG printable characters or a note of
    more than MAX_NOTE characters, WorkError if they cannot be stored.
    """
    changes: dict[str, object] = {}
    if tags is not None:
        wanted = sorted({tag.strip() for tag in tags})
        for tag in wanted:
            if not 1 <= len(tag) <= MAX_TAG or not tag.isprintable():
                raise SettingsError(
                    thing=f"tag {tag[:MAX_TAG]!r}", accepted=f"1 to {MAX_TAG} printable characters are accepted"
                )
        if len(wanted) > MAX_TAGS:
            raise SettingsError(thing=f"{len(wanted)} tags", accepted=f"at most {MAX_TAGS} are accepted")
        changes["tags"] = wanted
    if note is not None:
        if len(note) > MAX_NOTE:
            raise SettingsError(
                thing=f"a note of {len(note):,} characters", accepted=f"at most {MAX_NOTE:,} are accepted"
            )
        changes["note"] = note.strip()
    file = run.folder / "notes.json"
    with locked(file), store_file(file, "tags and notes") as part:
        run.notes().changed(**changes).write(part)


def retire(run: Run, account: Account = LOCAL) -> None:
    """Move a run to the bin.

    Raises WorkError while its process is running, or if it cannot be moved, and what `check_owner` raises.
    """
    check_owner(run, account)
    if run.live:
        raise WorkError("is running", thing=f"run {run.name}", accepted="stop it before it is deleted")
    move_to_bin(run.folder)


def retired_runs(account: Account = LOCAL) -> dict[str, str]:
    """The runs in the bin that an account may bring back: for each id the name that it had."""
    places = {name: place for name, place in _retired().items() if account.may_delete(owner_of(place))}
    return {name: Run(place).name if (place / "name.txt").exists() else name for name, place in places.items()}


def restore(run_id: str) -> Run:
    """Bring a run back from the bin. Raises NotFound if it is not there, WorkError if it cannot be moved."""
    place, folder = _retired().get(run_id), runs_folder() / run_id
    if place is None:
        raise NotFound("is not in the bin", thing=f"run {run_id!r}")
    try:
        place.rename(folder)
    except OSError as error:
        raise work_error(place, "cannot be brought back", error) from error
    return Run(folder)


def _retired() -> dict[str, Path]:
    return in_bin(runs_folder().name)


def weights_h5(run: Run) -> bytes:
    """The best epoch's weights as a Keras `.weights.h5` file, which the `.keras` archive contains.

    Raises NotFound before the first epoch has ended.
    """
    file = run.folder / "best.keras"
    if not file.exists():
        raise NotFound("has no weights yet, as its first epoch has not ended", thing=f"run {run.name}")
    try:
        with open_zip(file, NETWORK) as archive:
            return archive.read("model.weights.h5")
    except UnusableFile as error:
        raise WorkError(error.problem, thing=file) from error
    except (OSError, *DAMAGED) as error:
        raise WorkError("a damaged network file", thing=file) from error


def delete(run: Run) -> None:
    """Remove a run's folder. Raises WorkError while its process is running, or if the folder cannot be removed."""
    if run.live:
        raise WorkError("is running", thing=f"run {run.name}", accepted="stop it before it is deleted")
    try:
        (run.folder / "state.json").unlink()  # first: what an interrupted delete leaves is then no run
        shutil.rmtree(run.folder)
    except OSError as error:
        raise work_error(run.folder, "cannot be deleted", error) from error
