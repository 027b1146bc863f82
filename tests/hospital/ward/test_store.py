"""The worklist's table: urgency, one reader a film, decisions, and what is forgotten."""

import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from cxr_core.errors import NotFound, WorkError
from cxr_core.hospital.ward.arrival import NOBODY, initials
from cxr_core.hospital.ward.store import CLAIM_SECONDS, Ward, existing_ward
from tests.support.hospital.ward import VERSION, arrival


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


def test_the_most_urgent_films_come_first_and_decided_ones_last(ward: Ward) -> None:
    films = [("normal", 0.05), ("uncertain", 0.4), ("pneumonia", 0.7), ("not_assessable", None), ("pneumonia", 0.95)]
    for number, (verdict, share) in enumerate(films):
        ward.add(arrival(number, verdict, share), "worklist")
    ward.add(arrival(9), "shadow")
    assert ward.claim(arrival(4).key, VERSION, "anna", "Anna")
    assert ward.decide(arrival(4).key, VERSION, "anna", "pneumonia")
    assert [int(film.arrival.key, 16) for film in ward.waiting()] == [2, 1, 3, 0]
    assert [int(film.arrival.key, 16) for film in ward.waiting(2, by_arrival=True)] == [0, 1]
    assert [int(film.arrival.key, 16) for film in ward.decided()] == [4]
    assert ward.claim(arrival(0).key, VERSION, "anna", "Anna")
    assert ward.counts() == {"waiting": 3, "claimed": 1, "decided": 1}
    assert [int(film.arrival.key, 16) for film in ward.in_shadow()] == [9]


def _claim(folder: Path, reader: str, together: Barrier) -> int:
    ward = Ward(folder)
    together.wait(60)
    return sum(ward.claim(arrival(number).key, VERSION, reader, reader) for number in range(40))


def test_of_readers_who_click_at_the_same_moment_one_gets_the_film(ward: Ward, tmp_path: Path) -> None:
    for number in range(40):
        ward.add(arrival(number), "worklist")
    together = Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        got = pool.map(lambda reader: _claim(tmp_path, reader, together), ("anna", "ben", "cleo"))
    assert sum(got) == 40
    assert all(film.reader for film in ward.waiting())


def test_a_claimed_film_is_given_back_or_free_again_after_an_hour(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    key = arrival().key
    ward.add(arrival(), "worklist")
    assert ward.claim(key, VERSION, "anna", "Anna")
    assert ward.claim(key, VERSION, "anna", "Anna")  # again by the same reader
    assert not ward.claim(key, VERSION, "ben", "Ben")
    ward.give_back(key, VERSION, "ben")  # it is not his
    assert not ward.decide(key, VERSION, "ben", "normal")
    ward.give_back(key, VERSION, "anna")
    assert ward.claim(key, VERSION, "ben", "Ben")
    later = time.time() + CLAIM_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert ward.claim(key, VERSION, "anna", "Anna")
    assert not ward.decide(key, VERSION, "ben", "normal")
    assert ward.decide(key, VERSION, "anna", "normal")
    assert not ward.claim(key, VERSION, "ben", "Ben")  # decided: for good


def test_each_decision_is_numbered_and_waits_until_it_is_sent(ward: Ward) -> None:
    ward.add(arrival(), "worklist")
    ward.claim(arrival().key, VERSION, "anna", "Anna")
    ward.decide(arrival().key, VERSION, "anna", "normal", "too dark")
    ward.decide(arrival().key, VERSION, "anna", "pneumonia")
    first, second = ward.unsent()
    assert (first.number, first.own, first.note, second.number, second.own) == (1, "normal", "too dark", 2, "pneumonia")
    ward.sent(first)
    assert ward.unsent() == [second]


def test_a_film_that_is_stored_again_after_a_crash_keeps_its_reader(ward: Ward, tmp_path: Path) -> None:
    film = tmp_path / "film"
    film.write_bytes(b"film")
    ward.add(arrival(), "worklist", film, arrived=5.0)
    ward.claim(arrival().key, VERSION, "anna", "Anna")
    ward.add(arrival(share=0.8), "worklist", film, arrived=5.0)
    (stored,) = ward.waiting()
    assert (stored.reader, stored.arrived, stored.arrival.number) == ("anna", 5.0, 0.8)
    assert ward.film(arrival().key) == b"film"


def test_old_films_are_forgotten_but_for_what_the_monitor_follows(ward: Ward, tmp_path: Path) -> None:
    film = tmp_path / "film"
    film.write_bytes(b"film")
    ward.add(arrival(0), "worklist", film, arrived=time.time() - 3 * 86400)
    ward.add(arrival(1), "worklist", film)
    ward.forget(days=2)
    assert [one.arrival.key for one in ward.waiting()] == [arrival(1).key]
    assert len(ward.measured()) == 2
    with pytest.raises(NotFound, match="no longer kept"):
        ward.film(arrival(0).key)
    with pytest.raises(NotFound, match="no longer on the worklist"):
        ward.find(arrival(0).key, VERSION)
    assert arrival(0, identity=NOBODY).identity.name == ""


def test_only_the_owner_can_read_it_and_a_damaged_file_is_one_sentence(ward: Ward) -> None:
    assert stat.S_IMODE(ward.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ward.films.stat().st_mode) == 0o700
    ward.file.write_bytes(b"no table" * 1000)
    with pytest.raises(WorkError, match="worklist cannot be used"):
        ward.waiting()


def test_there_is_no_ward_before_a_node_has_kept_one(cxr_home: Path) -> None:
    assert existing_ward() is None
    (cxr_home / "hospital").mkdir(parents=True)
    Ward(cxr_home / "hospital")
    assert existing_ward() is not None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ng^Ann", "A. N."),
        ("Müller-Lüdenscheidt^Jürgen^^Dr.", "J. M."),
        ("Ng", "N."),
        ("", ""),
        ("山田^太郎=x", "太. 山."),
    ],
)
def test_initials(name: str, shown: str) -> None:
    assert initials(name) == shown
