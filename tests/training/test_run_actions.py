"""What a user does with a run, short of fitting it: stop, resume, rename, download its weights, delete."""

import json
import zipfile

import pytest

from cxr_core.access import Account
from cxr_core.bin import set_owner
from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.jobs.job import find_job, jobs_folder
from cxr_core.jobs.process import ProcessId
from cxr_core.records import write_object
from cxr_core.training.run_actions import (
    MAX_NOTE,
    delete,
    describe,
    kill,
    prepare_resume,
    rename,
    restore,
    retire,
    retired_runs,
    stop,
    stop_any,
    weights_h5,
)
from cxr_core.training.run_device import job_of
from cxr_core.training.runs import find_run
from tests.support.runs import NO_PROCESS, ended_run, new_run


def test_a_stop_is_visible_at_once_and_has_no_effect_on_a_run_that_has_ended() -> None:
    run = new_run()
    stop(run)
    assert run.state().status == "stopping"
    done = ended_run()
    stop(done)
    kill(done)
    assert not done.stop_requested
    assert done.state().status == "stopped"


@pytest.mark.parametrize("status", ["running", "finished"])
def test_a_running_or_finished_run_cannot_be_resumed(status: str) -> None:
    run = new_run()
    run.update(status=status)
    with pytest.raises(WorkError, match=status):
        prepare_resume(run)


def test_a_resume_with_changed_settings_is_refused() -> None:
    run = ended_run(batch="16")
    identity = {"settings": run.config().settings | {"batch": 32}, "split": None, "fingerprint": "x"}
    done = {"epoch": 1, "row": {}, "best_epoch": 1, "best": 0.5, "asked": identity}
    (run.folder / "backup").mkdir()
    (run.folder / "backup" / "epoch.json").write_text(json.dumps(done))
    with pytest.raises(SettingsError, match="batch was 32 and is 16"):
        prepare_resume(run)


def test_a_resume_withdraws_the_stop_request() -> None:
    run = new_run()
    stop(run)
    run.update(status="stopped", pid=NO_PROCESS)
    prepare_resume(run)
    assert not run.stop_requested


def test_a_renamed_run_is_found_by_both_names() -> None:
    run = ended_run()
    rename(run, "  first try ")
    assert find_run("first try") == find_run(run.id) == run
    assert run.name == "first try"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb"])
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="printable"):
        rename(ended_run(), name)


def test_a_deleted_run_is_gone_and_a_live_one_is_not_deleted() -> None:
    run, live = ended_run(), new_run()
    delete(run)
    with pytest.raises(NotFound):
        find_run(run.id)
    with pytest.raises(WorkError, match="stop it"):
        delete(live)


def test_tags_and_note_are_kept_and_bad_ones_refused() -> None:
    run = ended_run()
    assert (run.notes().tags, run.notes().note) == ((), "")
    describe(run, ["b", " a ", "b"], " why \n")
    describe(run, note="because")
    assert (run.notes().tags, run.notes().note) == (("a", "b"), "because")
    for tags, note in (
        (["x" * 31], None),
        ([""], None),
        (["a\nb"], None),
        (map(str, range(21)), None),
        (None, "x" * 2001),
    ):
        with pytest.raises(SettingsError, match="accepted"):
            describe(run, tags, note)
    assert MAX_NOTE == 2000
    (run.folder / "notes.json").write_text('{"tags": "a"}')
    assert run.notes().tags == ()
    assert "notes.json: is not a run's tags and notes" in run.problems()[0]


def test_a_retired_run_is_offered_to_its_owner_and_an_administrator() -> None:
    run = ended_run()
    set_owner(run.folder, "a1")
    retire(run)
    who = [("a1", "researcher"), ("b2", "researcher"), ("c3", "administrator"), ("a1", "reader")]
    assert [list(retired_runs(Account(*one))) for one in who] == [[run.id], [], [run.id], []]


def test_only_its_owner_and_an_administrator_stop_and_retire_a_run() -> None:
    run = new_run()
    set_owner(run.folder, "a1")
    for who in (Account("b2", "researcher"), Account("a1", "reader")):
        with pytest.raises(SettingsError, match="only who started it, or an administrator"):
            stop_any(job_of(run), who)
        with pytest.raises(SettingsError, match="only who started it, or an administrator"):
            retire(run, who)
    assert not (run.folder / "stop").exists()
    stop_any(job_of(run), Account("a1", "researcher"))
    assert (run.folder / "stop").exists()


def test_only_its_owner_and_an_administrator_stop_any_other_job() -> None:
    folder = jobs_folder() / "one"
    folder.mkdir(parents=True)
    values = {"id": "one", "kind": "audit", "title": "Audit", "about": "", "device": "cpu", "status": "running"}
    write_object(folder / "job.json", values | {"message": "", "requested": 1.0, **ProcessId.current().to_dict()})
    set_owner(folder, "a1")
    job = find_job("one")
    for who in (Account("b2", "researcher"), Account("a1", "reader")):
        with pytest.raises(SettingsError, match="only who started it, or an administrator, can stop it"):
            stop_any(job, who)
    assert not (folder / "stop").exists()
    stop_any(job, Account("a1", "researcher"))
    assert (folder / "stop").exists()


def test_a_retired_run_comes_back_and_a_live_one_is_not_retired() -> None:
    run = ended_run()
    rename(run, "first try")
    retire(run)
    assert retired_runs() == {run.id: "first try"}
    assert restore(run.id) == run
    assert retired_runs() == {}
    with pytest.raises(NotFound, match="not in the bin"):
        restore(run.id)
    with pytest.raises(WorkError, match="stop it before"):
        retire(new_run())


def test_weights_are_taken_from_the_archive() -> None:
    run = ended_run()
    with pytest.raises(NotFound, match="no weights yet"):
        weights_h5(run)
    with zipfile.ZipFile(run.folder / "best.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"weights")
    assert weights_h5(run) == b"weights"
