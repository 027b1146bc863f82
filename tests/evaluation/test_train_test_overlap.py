"""Films of the model's own training are counted and lead to a warning."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.fingerprints import MOST_BITS_APART, fingerprints_of, same_films
from cxr_core.errors import DamagedRecord
from cxr_core.evaluation.overlap import overlap_in_words
from cxr_core.evaluation.train_test_overlap import training_overlap
from cxr_core.models.registry import Model
from cxr_core.models.training_fingerprints import NAME, read_fingerprints
from cxr_core.publishing.fingerprint_films import fingerprint_films
from tests.support.synthetic_chests import write_data_set


def test_films_that_were_trained_on_are_counted(tmp_path: Path, model: Model) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=4, split="test"))
    folder = tmp_path / "model"
    folder.mkdir()
    films = index.readable.assign(split="train")
    films.iloc[8:12, films.columns.get_loc("split")] = "val"
    films.iloc[12:, films.columns.get_loc("split")] = "test"
    films[["path", "label", "kind", "patient", "sha256", "split"]].to_csv(folder / "split.csv", index=False)
    card = model.card.changed(training=model.card.content["training"] | {"fingerprint": index.fingerprint})
    overlap = training_overlap(Model(folder, card), index, index.readable)
    assert (overlap.trained_on, overlap.validated_on) == (8, 4)
    assert "optimistic" in (overlap.warning or "")
    held_out = training_overlap(Model(folder, card), index, index.readable.iloc[12:])
    assert held_out.trained_on == held_out.same_patient == 0
    assert held_out.warning is None
    unknown = training_overlap(Model(tmp_path / "gone", card), index, index.readable)
    assert not unknown.known
    assert "not on this machine" in (unknown.warning or "")


def test_copies_at_another_size_are_found_and_other_films_are_not(tmp_path: Path, model: Model) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=4, split="test"))
    folder = tmp_path / "model"
    folder.mkdir()
    table = index.readable.assign(split="train")[["path", "label", "kind", "patient", "sha256", "split"]]
    table.to_csv(folder / "split.csv", index=False)
    assert fingerprint_films(folder, table, index) == len(table)
    trained = Model(folder, model.card)
    assert read_fingerprints(folder) is not None

    here = tmp_path / "here"
    for place, path in enumerate(index.readable["path"]):
        film = cv2.imread(str(index.root / path), cv2.IMREAD_GRAYSCALE)
        copy = here / Path(path).parent / f"own{place}.jpg"
        copy.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(copy), cv2.resize(film, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    copies = build_index(here)
    overlap = training_overlap(trained, copies, copies.readable)
    assert overlap.trained_on == overlap.copies == len(copies.readable)
    assert f"{overlap.copies} of them in another size" in overlap_in_words(overlap, len(copies.readable))
    same = training_overlap(trained, index, index.readable)
    assert (same.trained_on, same.copies) == (len(table), 0)

    others = build_index(write_data_set(tmp_path / "others", patients=7, split="test"))
    unlike = others.readable[~others.readable["sha256"].isin(table["sha256"])]
    apart = training_overlap(trained, others, unlike)
    assert apart.in_split_table == 0
    assert overlap_in_words(apart, 12).startswith("None of these 12 films is in the model's split table")
    assert "was not checked" in overlap_in_words(None, 12)


def test_fingerprints_are_equal_for_equal_films_only() -> None:
    draw = np.random.default_rng(0)
    thumbnails = draw.integers(0, 256, (5, 64, 64)).astype(np.uint8)
    found = fingerprints_of(thumbnails)
    assert found.shape == (5, 4)
    assert same_films(found, found[::-1]).tolist() == [4, 3, 2, 1, 0]
    assert same_films(found, found[:0]).tolist() == [-1] * 5
    assert same_films(found[:1], found[1:]).tolist() == [-1]
    flipped = found.copy()
    flipped[:, 0] ^= np.uint64(2**MOST_BITS_APART - 1)  # as many bits as may differ
    assert same_films(flipped, found).tolist() == [0, 1, 2, 3, 4]
    flipped[:, 1] ^= np.uint64(1)
    assert same_films(flipped, found).tolist() == [-1] * 5


def test_damaged_fingerprints_are_one_sentence_and_only_content_is_compared(tmp_path: Path, model: Model) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=2, split="test"))
    folder = tmp_path / "model"
    folder.mkdir()
    index.readable.assign(split="train").to_csv(folder / "split.csv", index=False)
    (folder / NAME).write_bytes(b"PK")
    with pytest.raises(DamagedRecord, match=r"fingerprints\.npz"):
        read_fingerprints(folder)
    overlap = training_overlap(Model(folder, model.card), index, index.readable)
    assert overlap.compared_by == "content"
    assert "no fingerprints" in overlap_in_words(overlap, 4)
    assert "fingerprints.npz" in str(overlap.warning)
