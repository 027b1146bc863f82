"""Quotas: what counts, whose it is, when it is full, and what is deleted for good."""

import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cxr_core.access import LOCAL, QUOTAS, Account, sign_in_settings
from cxr_core.bin import move_to_bin, set_owner
from cxr_core.datasets.archives import unpack
from cxr_core.datasets.downloads import PUBLISHED_DATA_SETS, download
from cxr_core.datasets.dropped_archive import store_dropped
from cxr_core.datasets.index import build_index
from cxr_core.errors import CXRError, SettingsError, WorkError
from cxr_core.quotas import acting, bytes_in_words, delete_for_good, room_for, stored
from cxr_core.training.run_actions import prepare_resume
from tests.support.runs import ended_run, new_run
from tests.support.sign_in import write_access

ONE, TWO, BOSS = Account("one", "researcher"), Account("two", "researcher"), Account("boss", "administrator")
EMPTY = "drops = [0, 0]\ndownloads = [0, 0]\narchives = [0, 0]\nruns = [0, 0]"


def limited(home: Path, quotas: str = "") -> None:
    """Sign-in is configured, with these quotas in gigabytes."""
    home.mkdir(exist_ok=True)
    write_access(home, "https://id.example.org", "8501", quotas)


def films(count: int = 2) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(count):
            archive.writestr(f"train/NORMAL/{number}.jpeg", bytes(1000))
    return buffer.getvalue()


def test_without_sign_in_nothing_is_limited(cxr_home: Path) -> None:
    with acting(ONE), room_for("runs", 10**18, "a run"):
        pass
    assert stored("drops") == []


def test_a_drop_that_does_not_fit_is_refused_and_the_sentence_says_what_to_do(cxr_home: Path) -> None:
    limited(cxr_home, "drops = [0.000002, 1]")
    with acting(ONE):
        store_dropped("a.zip", bytes(1500))
        with pytest.raises(WorkError) as refused:
            store_dropped("b.zip", bytes(600))
        assert str(refused.value) == (
            "b.zip: needs 600 bytes, and your dropped archives fill 1,500 bytes of 2,000 bytes; "
            "delete some under Storage on the Dataset page."
        )
        assert store_dropped("a.zip", bytes(1500)).exists()  # the same again takes no room
    with acting(TWO):
        store_dropped("b.zip", bytes(600))
    assert [(one.owner, one.bytes) for one in stored("drops")] == [("one", 1500), ("two", 600)]


def test_all_accounts_together_are_limited(cxr_home: Path) -> None:
    limited(cxr_home, "drops = [1, 0.000002]")
    with acting(ONE):
        store_dropped("a.zip", bytes(1500))
    for account in (TWO, BOSS, LOCAL):  # the last is a verb of the command line
        with acting(account), pytest.raises(WorkError, match="dropped archives of all accounts fill 1,500 bytes of"):
            store_dropped("b.zip", bytes(600))


def test_what_is_being_written_counts(cxr_home: Path) -> None:
    limited(cxr_home, "archives = [0.000001, 1]")
    refused = []

    def another() -> None:
        with acting(ONE):
            try:
                with room_for("archives", 600, "b.zip"):
                    pass
            except WorkError as error:
                refused.append(str(error))

    with acting(ONE), room_for("archives", 600, "a.zip"):
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
    another()
    assert len(refused) == 1


def test_every_door_that_writes_is_closed_when_its_quota_is_full(cxr_home: Path, tmp_path: Path) -> None:
    run = ended_run()
    (tmp_path / "films.zip").write_bytes(films())
    np.savez(
        tmp_path / "arrays.npz",
        train_images=np.zeros((2, 28, 28), np.uint8),
        train_labels=np.array([[0], [1]], np.uint8),
    )
    limited(cxr_home, EMPTY)
    doors = {
        "drop": lambda: store_dropped("a.zip", films()),
        "download": lambda: download(PUBLISHED_DATA_SETS[0]),
        "zip": lambda: unpack(tmp_path / "films.zip"),
        "arrays": lambda: unpack(tmp_path / "arrays.npz"),
        "a zip that is opened by its path": lambda: build_index(tmp_path / "films.zip"),
        "run": new_run,
        "resume": lambda: prepare_resume(run),
    }
    for door, write in doors.items():
        with acting(ONE), pytest.raises(WorkError, match=r"fill .* of 0 bytes; delete some under Storage"):
            write()
        assert door
    assert [len(stored(kind)) for kind in ("drops", "downloads", "archives", "runs")] == [0, 0, 0, 1]


def test_unpacked_films_belong_to_who_unpacked_them_and_are_no_films(cxr_home: Path, tmp_path: Path) -> None:
    limited(cxr_home)
    (tmp_path / "films.zip").write_bytes(films())
    for account in (ONE, TWO):
        with acting(account):
            folder = unpack(tmp_path / "films.zip")
    (one,) = stored("archives")
    assert (one.place, one.owner, one.bytes) == (folder, "one", 2000)
    assert len(list(folder.rglob("*.*"))) == 2


def test_an_interrupted_download_counts_for_who_began_it(cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(cxr_home)

    class Cut:
        def __init__(self, **_: object) -> None:
            pass

        def __call__(self, url: str, file: io.BytesIO, pooch: None) -> None:
            import requests

            file.write(bytes(1000))
            raise requests.ConnectionError

    monkeypatch.setattr("pooch.HTTPDownloader", Cut)
    with acting(ONE), pytest.raises(CXRError, match="network failed"):
        download(PUBLISHED_DATA_SETS[2])
    (part,) = stored("downloads")
    assert (part.owner, part.bytes) == ("one", 1000)
    delete_for_good(part, ONE)
    assert stored("downloads") == []


def test_only_the_owner_and_an_administrator_delete(cxr_home: Path) -> None:
    limited(cxr_home)
    for who in (ONE, BOSS):
        with acting(ONE):
            store_dropped("a.zip", bytes(1500))
        (one,) = stored("drops")
        with pytest.raises(SettingsError, match="only who stored it"):
            delete_for_good(one, TWO)
        delete_for_good(one, who)
        assert stored("drops") == []
        assert not [file for file in (cxr_home / "drops").iterdir() if file.suffix == ".owner"]


def test_a_run_counts_until_it_is_deleted_from_the_bin(cxr_home: Path) -> None:
    limited(cxr_home)
    run = ended_run()
    set_owner(run.folder, "one")
    (one,) = stored("runs")
    assert one.bytes > 0
    with pytest.raises(SettingsError, match="delete it on the Train page first"):
        delete_for_good(one, ONE)
    move_to_bin(run.folder)
    (binned,) = stored("runs")
    assert (binned.name, binned.owner, binned.bytes, binned.in_bin) == (run.id, "one", one.bytes, True)
    delete_for_good(binned, ONE)
    assert stored("runs") == []


@pytest.mark.parametrize("quotas", ["films = [1, 2]", "runs = 1", "runs = [1]", "runs = [1, -2]", "runs = [true, 2]"])
def test_quotas_that_cannot_be_used_are_named(quotas: str, cxr_home: Path) -> None:
    limited(cxr_home, quotas)
    with pytest.raises(SettingsError, match="quotas"):
        sign_in_settings()


def test_quotas_that_are_not_given_are_the_usual_ones(cxr_home: Path) -> None:
    limited(cxr_home, "runs = [1.5, 3]")
    found = sign_in_settings()
    assert found is not None
    assert found.quotas == QUOTAS | {"runs": (1.5, 3.0)}


def test_sizes_in_words() -> None:
    assert [bytes_in_words(size) for size in (0, 999, 12_345, 1.5e6, 99e6, 0.25e9, 20e9)] == [
        *("0 bytes", "999 bytes", "12,345 bytes", "1.5 MB", "99.0 MB", "0.2 GB", "20.0 GB"),
    ]
