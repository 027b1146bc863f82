"""The log of clinicians' own readings: what is stored, what is refused, and how often they agree with the model."""

from pathlib import Path

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.inference.reader_log import MAX_NOTE, OwnReading, ReadingLog, agreement_by_day


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
    assert agreement_by_day(log.all()) == [{"day": "2026-01-01", "films": 1, "agreed": 1, "share": 1.0}]


def test_agreement_by_day_counts_only_films_that_both_answered() -> None:
    readings = [
        reading("a" * 64, "pneumonia", "pneumonia", at="2026-01-01T10:00:00+00:00"),
        reading("b" * 64, "normal", "pneumonia", at="2026-01-01T10:00:00+00:00"),
        reading("c" * 64, "unsure", "pneumonia", at="2026-01-02T10:00:00+00:00"),
        reading("d" * 64, "normal", "uncertain", at="2026-01-02T10:00:00+00:00"),
        reading("e" * 64, "normal", "normal", at="2026-01-03T10:00:00+00:00"),
    ]
    assert [one.agrees for one in readings] == [True, False, None, None, True]
    assert agreement_by_day(readings) == [
        {"day": "2026-01-01", "films": 2, "agreed": 1, "share": 0.5},
        {"day": "2026-01-03", "films": 1, "agreed": 1, "share": 1.0},
    ]
    assert agreement_by_day([]) == []


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


def test_clear_deletes_all_readings() -> None:
    log = ReadingLog()
    log.add(reading())
    log.clear()
    assert log.all() == []
    log.clear()


def test_a_damaged_table_can_be_cleared(cxr_home: Path) -> None:
    log = ReadingLog()
    log.file.write_bytes(b"not a table" * 100)
    log.clear()
    log.add(reading())
    assert len(log.all()) == 1
