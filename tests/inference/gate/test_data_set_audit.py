"""The gate over a data set: what is no frontal chest film is named, once asked, and nothing is asked twice."""

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.errors import WorkError
from cxr_core.inference.gate import data_set_audit as frontal
from cxr_core.inference.gate.data_set_audit import ask_gate, refused_films, unasked
from tests.support.faulty_data_set import good_films, make_trouble
from tests.support.synthetic_films import no_chest, write


@pytest.fixture
def mixed(tmp_path):
    return write(
        tmp_path / "set", dict(good_films(6)) | {"train/NORMAL/nothing.png": no_chest(), "train/NORMAL/b.jpeg": b""}
    )


def test_what_is_no_chest_film_is_named_with_the_reason(mixed):
    index = build_index(mixed)
    told: list[tuple[int, int]] = []
    ask_gate(index, lambda done, total: told.append((done, total)))
    found = refused_films(index)
    assert found.films["path"].tolist() == ["train/NORMAL/nothing.png"]
    assert found.films["detail"].iloc[0].endswith(".")
    assert found.sentence.startswith("1 film that Diagnose would refuse")
    assert told[-1] == (7, 7)


def test_each_content_is_asked_about_once(mixed, tmp_path, monkeypatch):
    index = build_index(mixed)
    assert unasked(index) == 7
    assert len(refused_films(index).films) == 0
    ask_gate(index)
    assert unasked(index) == 0

    moved = build_index(mixed.rename(tmp_path / "moved"))
    (tmp_path / "moved/train/NORMAL/more.png").write_bytes(no_chest(1))
    more = build_index(tmp_path / "moved")
    monkeypatch.setattr(frontal, "decode_film", lambda *_: pytest.fail("a film was decoded again"))
    ask_gate(moved)
    assert len(refused_films(moved).films) == 1
    assert unasked(more) == 1
    monkeypatch.undo()


def test_stopped_half_way_it_keeps_what_the_gate_said(mixed, monkeypatch):
    monkeypatch.setattr(frontal, "BATCH", 3)
    index = build_index(mixed)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask_gate(index, stop)
    assert unasked(index) == 4


def test_films_whose_pixels_cannot_be_read_are_another_fault(tmp_path):
    root = make_trouble(tmp_path / "set")
    index = build_index(root)
    (root / "train/PNEUMONIA/vanishes.jpeg").unlink()
    ask_gate(index)
    refused = set(refused_films(index).films["path"])
    assert {"train/NORMAL/no chest.png", "train/PNEUMONIA/tiny.jpeg"} <= refused
    assert not refused & {"train/NORMAL/damaged.png", "train/PNEUMONIA/vanishes.jpeg"}
    assert unasked(index) == 1  # the one that vanished may come back


def test_a_set_without_a_readable_film_asks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(frontal, "shipped_gate", lambda: pytest.fail("the gate was loaded"))
    index = build_index(write(tmp_path / "set", {"NORMAL/a.jpeg": b""}))
    ask_gate(index)
    assert unasked(index) == len(refused_films(index).films) == 0


def test_a_gate_that_cannot_be_loaded_is_said(mixed, monkeypatch):
    def broken():
        raise WorkError("gate_model: the gate cannot be loaded (x).")

    monkeypatch.setattr(frontal, "shipped_gate", broken)
    with pytest.raises(WorkError, match="cannot be loaded"):
        ask_gate(build_index(mixed))
