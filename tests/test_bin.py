"""Owners and the bin."""

from pathlib import Path

import pytest

from cxr_core.bin import KEEP_DAYS, empty_bin, move_to_bin, owner_of, set_owner
from cxr_core.errors import WorkError


def test_a_folder_has_an_owner(tmp_path: Path) -> None:
    assert owner_of(tmp_path) == ""
    set_owner(tmp_path, "a1b2")
    assert owner_of(tmp_path) == "a1b2"
    with pytest.raises(WorkError, match="owner cannot be stored"):
        set_owner(tmp_path / "missing", "a1b2")


def test_the_bin_is_emptied_after_thirty_days(cxr_home: Path) -> None:
    run = cxr_home / "runs" / "one"
    run.mkdir(parents=True)
    (run / "best.keras").write_text("x")
    place = move_to_bin(run)
    assert not run.exists()
    assert (place / "best.keras").read_text() == "x"
    moved = int(place.name.split("-")[0])
    assert empty_bin(moved + KEEP_DAYS * 86_400 - 1) == 0
    assert empty_bin(moved + KEEP_DAYS * 86_400 + 1) == 1
    assert not place.exists()
    with pytest.raises(WorkError, match="cannot be moved to the bin"):
        move_to_bin(run)
