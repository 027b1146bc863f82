"""The clinician's own readings: what is kept, what is not, and how often both agreed."""

from pathlib import Path

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.inference.reader_log import MAX_NOTE, OwnReading, ReadingLog, agreement_by_day


def said(sha256: str = "a" * 64, own: str = "pneumonia", verdict: str = "pneumonia", **more) -> OwnReading:
    return OwnReading(sha256, own, verdict, 0.9, "model", "0123456789ab", more.pop("blind", False), **more)  # type: ignore[arg-type]


def test_nothing_is_written_until_something_is_added(cxr_home: Path) -> None:
    log = ReadingLog()
    assert log.all() == []
    assert log.latest() == {}
    assert not log.file.exists()


def test_what_was_added_is_there_in_another_process_of_the_same_home() -> None:
    ReadingLog().add(said(note="a note", blind=True))
    (found,) = ReadingLog().all()
    assert (found.own, found.verdict, found.probability, found.note, found.blind) == (
        "pneumonia",
        "pneumonia",
        0.9,
        "a note",
        True,
    )
    assert found.at.endswith("+00:00")


def test_the_last_word_counts() -> None:
    log = ReadingLog()
    log.add(said(own="normal", at="2026-01-01T10:00:00+00:00"))
    log.add(said(own="pneumonia", at="2026-01-01T11:00:00+00:00"))
    assert [reading.own for reading in log.latest().values()] == ["pneumonia"]
    assert agreement_by_day(log.all()) == [{"day": "2026-01-01", "films": 1, "agreed": 1, "share": 1.0}]


def test_agreement_over_days_leaves_out_what_has_no_answer() -> None:
    readings = [
        said("a" * 64, "pneumonia", "pneumonia", at="2026-01-01T10:00:00+00:00"),
        said("b" * 64, "normal", "pneumonia", at="2026-01-01T10:00:00+00:00"),
        said("c" * 64, "unsure", "pneumonia", at="2026-01-02T10:00:00+00:00"),
        said("d" * 64, "normal", "uncertain", at="2026-01-02T10:00:00+00:00"),
        said("e" * 64, "normal", "normal", at="2026-01-03T10:00:00+00:00"),
    ]
    assert [reading.agrees for reading in readings] == [True, False, None, None, True]
    assert agreement_by_day(readings) == [
        {"day": "2026-01-01", "films": 2, "agreed": 1, "share": 0.5},
        {"day": "2026-01-03", "films": 1, "agreed": 1, "share": 1.0},
    ]
    assert agreement_by_day([]) == []


def test_bad_answers_and_notes_are_refused() -> None:
    with pytest.raises(SettingsError, match="own reading 'maybe': accepted are pneumonia, normal, unsure"):
        ReadingLog().add(said(own="maybe"))
    with pytest.raises(SettingsError, match=f"note of {MAX_NOTE + 1} letters"):
        ReadingLog().add(said(note="x" * (MAX_NOTE + 1)))


def test_a_damaged_table_is_named(cxr_home: Path) -> None:
    log = ReadingLog()
    log.file.write_bytes(b"not a table" * 100)
    with pytest.raises(WorkError, match=r"readings\.sqlite: the readings cannot be kept there"):
        log.all()


def test_a_note_is_text_and_no_command() -> None:
    ReadingLog().add(said(note="'); drop table own_readings; --"))
    assert len(ReadingLog().all()) == 1


def test_forgetting() -> None:
    log = ReadingLog()
    log.add(said())
    log.clear()
    assert log.all() == []
    log.clear()
