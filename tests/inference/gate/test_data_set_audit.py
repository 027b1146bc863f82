"""The gate over a data set: refused films are listed with the reason, and each content is checked once."""

from pathlib import Path

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.errors import WorkError
from cxr_core.inference.gate import data_set_audit
from cxr_core.inference.gate.data_set_audit import count_unchecked, refused_films, run_gate
from tests.support.faulty_data_set import good_films, write_faulty_data_set
from tests.support.synthetic_films import no_chest, write


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return write(
        tmp_path / "set", dict(good_films(6)) | {"train/NORMAL/nothing.png": no_chest(), "train/NORMAL/b.jpeg": b""}
    )


def test_a_refused_film_is_listed_with_its_reason(mixed: Path) -> None:
    index = build_index(mixed)
    progress: list[tuple[int, int]] = []
    run_gate(index, lambda done, total: progress.append((done, total)))
    issue = refused_films(index)
    assert issue.films["path"].tolist() == ["train/NORMAL/nothing.png"]
    assert issue.films["detail"].iloc[0].endswith(".")
    assert issue.message.startswith("1 film that Diagnose would refuse")
    assert progress[-1] == (7, 7)


def test_each_content_is_checked_once(mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = build_index(mixed)
    assert count_unchecked(index) == 7
    assert len(refused_films(index).films) == 0
    run_gate(index)
    assert count_unchecked(index) == 0

    moved = build_index(mixed.rename(tmp_path / "moved"))
    (tmp_path / "moved/train/NORMAL/more.png").write_bytes(no_chest(1))
    more = build_index(tmp_path / "moved")
    monkeypatch.setattr(data_set_audit, "decode_film", lambda *_: pytest.fail("a film was decoded again"))
    run_gate(moved)
    assert len(refused_films(moved).films) == 1
    assert count_unchecked(more) == 1
    monkeypatch.undo()


def test_results_so_far_are_stored_when_it_stops(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_set_audit, "_REPORT_EVERY", 3)
    index = build_index(mixed)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_gate(index, stop)
    assert count_unchecked(index) == 4


def test_films_whose_pixels_cannot_be_read_are_another_issue(tmp_path: Path) -> None:
    root = write_faulty_data_set(tmp_path / "set")
    index = build_index(root)
    (root / "train/PNEUMONIA/vanishes.jpeg").unlink()
    run_gate(index)
    refused = set(refused_films(index).films["path"])
    assert {"train/NORMAL/no chest.png", "train/PNEUMONIA/tiny.jpeg"} <= refused
    assert not refused & {"train/NORMAL/damaged.png", "train/PNEUMONIA/vanishes.jpeg"}
    assert count_unchecked(index) == 1  # the missing file may come back


def test_a_data_set_without_a_readable_film_needs_no_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_set_audit, "shipped_gate", lambda: pytest.fail("the gate was loaded"))
    index = build_index(write(tmp_path / "set", {"NORMAL/a.jpeg": b""}))
    run_gate(index)
    assert count_unchecked(index) == len(refused_films(index).films) == 0


def test_a_gate_that_cannot_be_loaded_is_reported(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise WorkError("gate_model: the gate cannot be loaded (x).")

    monkeypatch.setattr(data_set_audit, "shipped_gate", broken)
    with pytest.raises(WorkError, match="cannot be loaded"):
        run_gate(build_index(mixed))
