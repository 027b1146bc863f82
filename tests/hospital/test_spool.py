"""Films on disk: each step ends with one rename, and a step that was cut short is finished or undone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_core.errors import WorkError
from cxr_core.hospital.aside import refused
from cxr_core.hospital.spool import FILM, QuotaExceeded, Spool

KEYS = [f"{number:024x}" for number in range(5)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def reopened(spool: Spool, folder: Path, version: str = "v1") -> Spool:
    """The spool as the next process finds it."""
    spool.close()
    return Spool(folder, version)


def test_films_leave_in_order_of_arrival_and_only_their_owner_may_read_them(folder: Path) -> None:
    spool = Spool(folder, "v1")
    for key in reversed(KEYS):
        assert spool.receive(key, b"film", "digest")
    assert [film.key for film in spool.films()] == KEYS[::-1]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder, *folder.rglob("*")])


def test_a_film_is_received_once_also_after_it_was_read_and_again_by_another_model(folder: Path) -> None:
    spool = Spool(folder, "v1")
    assert spool.receive(KEYS[0], b"film", "d")
    assert not spool.receive(KEYS[0], b"film", "d")
    finish(spool, {"a.dcm": b"result"})
    assert spool.films() == []
    spool = reopened(spool, folder)
    assert not spool.receive(KEYS[0], b"film", "d")
    spool.sent(spool.unsent()[0])
    assert spool.unsent() == []
    assert not spool.receive(KEYS[0], b"film", "d")
    assert reopened(spool, folder, "v2").receive(KEYS[0], b"film", "d")


def test_nothing_is_received_beyond_the_quota(folder: Path) -> None:
    spool = Spool(folder, "v1", quota=10)
    spool.receive(KEYS[0], b"12345678", "d")
    with pytest.raises(QuotaExceeded, match="8 bytes of at most 10"):
        spool.receive(KEYS[1], b"123", "d")
    finish(spool, {"a.dcm": b"1"})
    assert spool.receive(KEYS[1], b"123", "d")
    assert not spool.known(KEYS[2])


def test_a_film_stays_beside_its_results_until_these_are_on_the_disk(folder: Path) -> None:
    spool = Spool(folder, "v1", quota=20)
    spool.receive(KEYS[0], b"12345678", "d")
    finish(spool, {"a.dcm": b"1"})
    (results,) = spool.unsent()
    spool.settle()
    assert (results / FILM).read_bytes() == b"12345678"
    spool.settle(age=0)
    assert not (results / FILM).exists()
    spool = reopened(spool, folder)
    assert [(path / "a.dcm").read_bytes() for path in spool.unsent()] == [b"1"]
    spool.sent(results)
    assert spool.unsent() == []


def test_what_cannot_be_read_is_kept_with_its_reason_and_taken_again_if_it_differs(folder: Path) -> None:
    spool = Spool(folder, "v1")
    spool.receive(KEYS[0], b"broken", "d1")
    spool.set_aside(spool.films()[0], "view LL", "d1")
    assert list(refused(folder)) == [(KEYS[0], "view LL")]
    assert not spool.receive(KEYS[0], b"broken", "d1")
    assert spool.receive(KEYS[0], b"whole", "d2")
    finish(spool, {"a.dcm": b"result"})
    assert spool.ledger.counts() == {"read": 1}


def test_films_that_were_kept_aside_fill_a_quarter_of_the_quota_at_most(folder: Path) -> None:
    spool = Spool(folder, "v1", quota=100)
    for key in KEYS:
        spool.receive(key, b"1234567890", key)
        spool.set_aside(spool.films()[0], "broken", key)
    assert len(list(refused(folder))) == 2


def finish(spool: Spool, results: dict[str, bytes]) -> None:
    """Exchange the film that waits first for results."""
    film = spool.films()[0]
    spool.finish(film, spool.stage(film, results))


def cut_before_rename(spool: Spool) -> None:
    (spool.incoming / f"{1:020d}-{KEYS[1]}.part").write_bytes(b"half a film")
    staged = spool.outbox / f"{KEYS[0]}-v1.part"
    staged.mkdir()
    (staged / "a.dcm").write_bytes(b"half a result")


def cut_after_the_results_were_written(spool: Spool) -> None:
    results = spool.outbox / f"{KEYS[0]}-v1"
    results.mkdir()
    (results / "a.dcm").write_bytes(b"result")


def cut_after_they_were_sent(spool: Spool) -> None:
    finish(spool, {"a.dcm": b"result"})
    spool.ledger.add(KEYS[0], "v1", "sent")


def cut_before_results_were_finished(spool: Spool) -> None:
    film = spool.films()[0]
    film.file.rename(spool.stage(film, {"a.dcm": b"result"}) / FILM)


def finished(spool: Spool) -> None:
    finish(spool, {"a.dcm": b"result"})


def lost_power_before_the_results_were_on_the_disk(spool: Spool) -> None:
    finish(spool, {"a.dcm": b"result"})
    (spool.unsent()[0] / "a.dcm").write_bytes(b"\0" * 6)


def lost_power_before_the_renames_were_on_the_disk(spool: Spool) -> None:
    film = spool.films()[0]
    finish(spool, {"a.dcm": b"result"})
    (spool.unsent()[0] / FILM).rename(film.file)
    shutil.rmtree(spool.unsent()[0])


def cut_before_the_film_was_set_aside(spool: Spool) -> None:
    (spool.aside / f"{KEYS[0]}.json").write_text(json.dumps({"reason": "r", "digest": "d", "version": "v1"}))


@pytest.mark.parametrize(
    ("cut", "films", "unsent"),
    [
        (cut_before_rename, 1, 0),
        (cut_after_the_results_were_written, 0, 1),
        (cut_after_they_were_sent, 0, 0),
        (cut_before_results_were_finished, 1, 0),
        (finished, 0, 1),
        (lost_power_before_the_results_were_on_the_disk, 1, 0),
        (lost_power_before_the_renames_were_on_the_disk, 1, 0),
        (cut_before_the_film_was_set_aside, 1, 0),
    ],
)
def test_a_step_that_was_cut_short_is_finished_or_undone(
    folder: Path, cut: Callable[[Spool], None], films: int, unsent: int
) -> None:
    spool = Spool(folder, "v1")
    spool.receive(KEYS[0], b"film", "d")
    cut(spool)
    spool = reopened(spool, folder)
    assert (len(spool.films()), len(spool.unsent())) == (films, unsent)
    assert not list(folder.rglob("*.part"))
    assert not spool.receive(KEYS[0], b"film", "d")


def test_two_nodes_do_not_share_a_spool(folder: Path) -> None:
    spool = Spool(folder, "v1")
    with pytest.raises(WorkError, match="another node"):
        Spool(folder, "v1")
    spool.close()


def test_a_ledger_that_is_damaged_is_one_sentence(folder: Path) -> None:
    folder.mkdir()
    (folder / "ledger.sqlite").write_bytes(b"not a table" * 100)
    with pytest.raises(WorkError, match="ledger cannot be used"):
        Spool(folder, "v1")


def test_results_that_another_thread_sends_meanwhile_are_none_that_wait(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(folder, "v1")
    for key in KEYS[:2]:
        spool.receive(key, b"film", "d")
        finish(spool, {"a.dcm": b"result"})
    gone, waiting = listed = spool.unsent()
    spool.sent(gone)
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter(listed))
    monkeypatch.setattr(Path, "is_dir", lambda path: True)  # as it was a moment ago
    assert spool.unsent() == [waiting]
