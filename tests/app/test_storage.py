"""Storage on the Dataset page by AppTest, with and without sign-in: what each sees and deletes."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.access import Account, sign_in_settings
from cxr_core.app import account
from cxr_core.bin import move_to_bin, set_owner
from cxr_core.datasets.dropped_archive import store_dropped
from cxr_core.quotas import acting, stored
from tests.conftest import REPOSITORY
from tests.support.runs import ended_run
from tests.support.sign_in import write_access

NAME = "![x](http:evil.example).zip"


@pytest.fixture
def full_home(cxr_home: Path) -> Path:
    """Two accounts have dropped an archive each; one has deleted a run."""
    cxr_home.mkdir()
    write_access(cxr_home, "https://id.example.org", "8501", "drops = [0.00001, 0.00001]")
    for person in ("one", "two"):
        with acting(Account(person, "researcher")):
            store_dropped(f"{person} {NAME}", person.encode() * 1000)
    run = ended_run()
    set_owner(run.folder, "one")
    move_to_bin(run.folder)
    return cxr_home


def storage(monkeypatch: pytest.MonkeyPatch, who: Account) -> AppTest:
    """The Dataset page of an account, with the storage unfolded."""
    monkeypatch.setattr("cxr_core.app.navigation.signed_in_account", lambda: who)
    monkeypatch.setattr("cxr_core.app.navigation.end_when_idle", lambda: None)
    settings = None if who.is_local else sign_in_settings()
    for module in ("account", "dataset.storage"):
        monkeypatch.setattr(f"cxr_core.app.{module}.settings", lambda: settings)
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90)
    app.session_state["account"] = who
    return unfolded(app.switch_page("pages/dataset.py"))


def unfolded(app: AppTest) -> AppTest:
    """Run the page with the storage unfolded, which AppTest does not remember."""
    app.session_state["storage"] = True
    app.run()
    assert not app.exception
    return app


def used(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def test_a_researcher_sees_and_deletes_what_is_theirs(full_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = storage(monkeypatch, Account("one", "researcher"))
    assert used(app)[0] == "Your dropped archives: 3,000 bytes of 10,000 bytes"
    assert len(used(app)) == 4
    options = app.multiselect(key="storage_chosen").options
    assert ["dropped archive" in one for one in options] == [True, False]
    assert "run in the bin" in options[1]
    mine = [str(one.place) for kind in ("drops", "runs") for one in stored(kind) if one.owner == "one"]
    app.multiselect(key="storage_chosen").set_value(mine)
    unfolded(app)
    next(one for one in app.button if one.label.startswith("Delete for good")).click()
    unfolded(app)
    assert not app.exception
    assert "were deleted" in app.success[0].value
    assert [(kind, one.owner) for kind in ("drops", "runs") for one in stored(kind)] == [("drops", "two")]
    lines = [json.loads(line) for line in (full_home / "audit.jsonl").read_text().splitlines()]
    assert [(one["event"], one["account"], one["what"]) for one in lines] == [
        ("delete", "one", "dropped archives"),
        ("delete", "one", "runs"),
    ]
    assert "evil" not in json.dumps(lines)


def test_an_administrator_sees_everyones(full_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = storage(monkeypatch, Account("boss", "administrator"))
    assert used(app)[:2] == [
        "Your dropped archives: 0 bytes of 10,000 bytes",
        "Dropped archives of all accounts: 6,000 bytes of 10,000 bytes",
    ]
    options = app.multiselect(key="storage_chosen").options
    assert [one.rpartition(" · ")[2] for one in options] == ["account one", "account two", "account one"]


def test_the_user_of_this_machine_has_no_limit(full_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (full_home / "access.toml").unlink()
    app = storage(monkeypatch, account.LOCAL)
    assert used(app) == []
    assert "Dropped archives: 6,000 bytes" in [one.value for one in app.caption]
    assert len(app.multiselect(key="storage_chosen").options) == 3


def test_a_full_quota_is_one_sentence_on_the_page(full_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = storage(monkeypatch, Account("two", "researcher"))
    app.get("file_uploader")[0].upload(NAME, bytes(9000), "application/zip")
    app.run()
    assert not app.exception
    assert "needs 9,000 bytes, and your dropped archives fill 3,000 bytes of 10,000 bytes" in app.error[0].value
    assert "![" not in app.error[0].value
