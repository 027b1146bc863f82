"""Backup, wipe, restore, upgrade, each as a command: nothing that was there is missing, and the chain verifies."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.models.site_profile import list_profiles, store_profile
from cxr_core.records import SCHEMA
from tests.models.test_site_profile import profile
from tests.support.command_line import run_verb
from tests.support.sign_in import write_access

RECORDS = ("models/*/card.json", "models/*/evaluations/*.json", "runs/*/config.json", "runs/*/state.json")
LATER = ("reader", "seconds", "prevalence", "probability_here")  # columns that the version before did not have


@pytest.fixture
def used(tiny_home: Path) -> Path:
    """A home with a run, a model, an evaluation, a profile, readings and an audit log."""
    write_access(tiny_home, "https://id.example.org", "8501")
    store_profile(profile())
    for sha256 in ("0" * 64, "1" * 64):
        ReadingLog().add(OwnReading(sha256, "normal", "pneumonia", 0.9, "tiny", "v1", False, "A note"))
        audit.record(Account("a1", "reader"), "reading", sha256=sha256)
    return tiny_home


def verb(home: Path, *arguments: str | Path) -> Any:
    """What a verb prints with --json."""
    done = run_verb(*arguments, "--json", home=home)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def content(home: Path) -> dict[str, Any]:
    """All that the verbs and the records say is there."""
    return {
        "runs": [{key: run[key] for key in ("id", "status", "recipe") if key in run} for run in verb(home, "runs")],
        "models": verb(home, "models"),
        "profiles": [one.to_dict() for one in list_profiles()],
        "readings": ReadingLog().all(),
        "audit": (home / "audit.jsonl").read_text().splitlines(),
    }


def as_the_version_before_wrote_it(home: Path) -> None:
    """Records without a schema, and a table of readings with fewer columns."""
    for pattern in RECORDS:
        for file in home.glob(pattern):
            values = json.loads(file.read_text())
            values.pop("schema", None)
            file.write_text(json.dumps(values))
    with closing(sqlite3.connect(home / "readings.sqlite")) as table, table:
        for column in LATER:
            table.execute(f"alter table own_readings drop column {column}")


def test_backup_wipe_restore_and_upgrade_keep_everything(used: Path, tmp_path: Path) -> None:
    before = content(used)
    assert before["runs"]
    assert before["models"]
    assert len(before["readings"]) == len(before["audit"]) == 2
    as_the_version_before_wrote_it(used)
    assert verb(used, "backup", tmp_path / "backup.tar")["audit"] == 2
    shutil.rmtree(used)
    verb(used, "restore", tmp_path / "backup.tar")
    done = verb(used, "upgrade")
    assert done["changed"] >= 3
    assert done["messages"] == []
    cards = [json.loads(file.read_text()) for file in used.glob("models/*/card.json")]
    assert {card["schema"] for card in cards} == {SCHEMA}
    after = content(used)
    lines = after.pop("audit")
    assert lines[:2] == before.pop("audit")
    assert [json.loads(line)["event"] for line in lines[2:]] == ["setting", "setting"]  # restore, upgrade
    assert after == before
    assert audit.verify() == (4, "")
    assert verb(used, "upgrade")["changed"] == 0
