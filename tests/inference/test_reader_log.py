"""The log of clinicians' own readings: what is stored, and what is refused."""

import sqlite3
from pathlib import Path

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.inference.reader_log import MAX_NOTE, OwnReading, ReadingLog


def reading(sha256: str = "a" * 64, own: str = "pneumonia", verdict: str = "pneumonia", **fields) -> OwnReading:
    return OwnReading(sha256, own, verdict, 0.9, "model", "0123456789ab", fields.pop("blind", False), **fields)  # type: ignore[arg-type]


def test_nothing_is_written_until_something_is_added(cxr_home: Path) -> None:
    log = ReadingLog()
    assert log.all() == []
    assert log.latest() == {}
    assert not log.file.exists()


def test_a_reading_can_be_read_back_by_another_log() -> None:
    ReadingLog().add(reading(note="a note", blind=True))
    (stored,) = ReadingLog().all()
    assert (stored.own, stored.verdict, stored.probability, stored.note, stored.blind) == (
        "pneumonia",
        "pneumonia",
        0.9,
        "a note",
        True,
    )
    assert stored.at.endswith("+00:00")


def test_the_latest_reading_counts() -> None:
    log = ReadingLog()
    log.add(reading(own="normal", at="2026-01-01T10:00:00+00:00"))
    log.add(reading(own="pneumonia", at="2026-01-01T11:00:00+00:00"))
    assert [latest.own for latest in log.latest().values()] == ["pneumonia"]


def test_bad_answers_and_notes_are_refused() -> None:
    with pytest.raises(SettingsError, match="own reading 'maybe': accepted are pneumonia, normal, unsure"):
        ReadingLog().add(reading(own="maybe"))
    with pytest.raises(SettingsError, match=f"note of {MAX_NOTE + 1} characters"):
        ReadingLog().add(reading(note="x" * (MAX_NOTE + 1)))


def test_a_damaged_table_is_reported(cxr_home: Path) -> None:
    log = ReadingLog()
    log.file.write_bytes(b"not a table" * 100)
    with pytest.raises(WorkError, match=r"readings\.sqlite: the readings cannot be read"):
        log.all()


def test_a_note_cannot_inject_sql() -> None:
    ReadingLog().add(reading(note="'); drop table own_readings; --"))
    assert len(ReadingLog().all()) == 1


def test_clear_deletes_all_readings_and_truths_of_this_reader_only() -> None:
    log, other = ReadingLog(reader="me"), ReadingLog(reader="you")
    for one in (log, other):
        one.add(reading())
        one.set_truths({"a" * 64: "normal"})
    log.clear()
    assert (log.all(), log.truths()) == ([], {})
    assert (len(other.all()), other.truths()) == (1, {"a" * 64: "normal"})
    log.clear()


def test_a_truth_is_entered_changed_and_taken_back() -> None:
    log = ReadingLog()
    assert log.truths() == {}
    log.set_truths({"a" * 64: "normal", "b" * 64: "pneumonia"})
    log.set_truths({"a" * 64: "pneumonia", "b" * 64: None})
    assert log.truths() == {"a" * 64: "pneumonia"}


def test_readings_of_earlier_versions_are_still_read(cxr_home: Path) -> None:
    cxr_home.mkdir(exist_ok=True)
    with sqlite3.connect(cxr_home / "readings.sqlite") as table:
        table.execute(
            "create table own_readings (id integer primary key, at text not null, sha256 text not null, own text not "
            "null, verdict text not null, probability real, model text not null, version text not null, blind integer "
            "not null, note text not null)"
        )
        row = ("2026-01-01T10:00:00+00:00", "a" * 64, "normal", "normal", 0.1, "model", "0123456789ab", 1, "a note")
        table.execute("insert into own_readings values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    log = ReadingLog()
    (old,) = log.all()
    assert (old.own, old.blind, old.note, old.seconds, old.prevalence, old.probability_here) == (
        *("normal", True, "a note"),
        *(None, None, None),
    )
    log.add(reading(seconds=12.5, prevalence=0.2, probability_here=0.3))
    new = log.all()[-1]
    assert (new.seconds, new.prevalence, new.probability_here) == (12.5, 0.2, 0.3)


def test_a_damaged_table_can_be_cleared(cxr_home: Path) -> None:
    log = ReadingLog()
    log.file.write_bytes(b"not a table" * 100)
    log.clear()
    log.add(reading())
    assert len(log.all()) == 1
