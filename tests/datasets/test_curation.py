"""Decisions about films: what holds, undo, the index that training uses, and what is refused."""

from pathlib import Path

import pytest

from cxr_core.datasets.curation import (
    change_films,
    curated,
    curation_of,
    undo,
)
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DamagedRecord, SettingsError
from tests.support.synthetic_films import kaggle_folder


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return build_index(kaggle_folder(tmp_path / "set", 3))


def test_what_holds_is_the_sum_of_the_changes_and_undo_goes_back(index: Index) -> None:
    shas = index.films["sha256"].tolist()
    assert curated(index) is index
    change_films(index, "exclude", shas[:2], "blurred")
    change_films(index, "include", shas[:1])
    change_films(index, "relabel", shas[2:3], "OTHER", "A. Reader")
    change_films(index, "tag", shas[3:5], "look again")
    change_films(index, "untag", shas[3:4], "look again")
    found = curation_of(index)
    assert found.excluded == {shas[1]: "blurred"}
    assert found.labels == {shas[2]: ("OTHER", "A. Reader")}
    assert found.tags == {shas[4]: ("look again",)}
    assert undo(index).in_words == "took a tag from 1 film: look again"
    assert [undo(index).action for _ in range(4)] == ["tag", "relabel", "include", "exclude"]
    assert undo(index) is None
    assert curated(index) is index
    assert len(curation_of(index).changes) == 5  # they stay on record


def test_training_and_evaluation_see_the_decisions_and_say_so(index: Index) -> None:
    row = index.films.iloc[0]
    change_films(index, "exclude", [index.films["sha256"].iloc[1]], "rotated")
    change_films(index, "relabel", [row["sha256"]], "PNEUMONIA" if row["label"] == "NORMAL" else "NORMAL", "me")
    used = curated(index)
    assert used.decisions == "Decisions on the Dataset page are used: films 1 excluded and 1 relabelled."
    assert used.films["fault"].iloc[1] == "excluded: rotated"
    assert used.films["label"].iloc[0] != row["label"]
    assert len(used.readable) == len(index.readable) - 1
    assert used.fingerprint == index.fingerprint
    assert index.films["label"].iloc[0] == row["label"]
    assert build_index(index.source).films["label"].iloc[0] == row["label"]


@pytest.mark.parametrize(
    ("action", "value", "by", "missing"),
    [
        ("exclude", " ", "", "a reason"),
        ("tag", "", "", "a tag"),
        ("relabel", "NORMAL", "", "name"),
        ("relabel", "SICK", "me", "accepted are NORMAL"),
        ("burn", "x", "", "accepted are tag"),
        ("tag", "x" * 201, "", "200 characters"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence(index: Index, action: str, value: str, by: str, missing: str) -> None:
    with pytest.raises(SettingsError, match=missing):
        change_films(index, action, [index.films["sha256"].iloc[0]], value, by)
    with pytest.raises(SettingsError, match="none is chosen"):
        change_films(index, "tag", [], "x")
    assert curation_of(index).changes == ()


def test_a_damaged_file_is_one_sentence(index: Index, cxr_home: Path) -> None:
    change_films(index, "tag", [index.films["sha256"].iloc[0]], "x")
    (file,) = (cxr_home / "curation").glob("*.json")
    for content in ("[", '{"changes": [{"action": "burn", "films": [], "value": "", "by": "", "when": ""}]}'):
        file.write_text(content)
        with pytest.raises(DamagedRecord, match="decisions about a data set"):
            curated(index)
