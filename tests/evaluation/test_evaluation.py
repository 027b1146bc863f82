"""Splits are recognised by name; identifiers are file names."""

import pytest

from cxr_core.evaluation.evaluation import evaluation_id, is_test_split, is_validation_split, split_label


@pytest.mark.parametrize("split", ["test", "held-out patients", "split.csv:test"])
def test_these_are_test_splits(split: str) -> None:
    assert is_test_split(split)
    assert not is_test_split(split.replace("test", "val").replace("held-out", "val"))


def test_ids_are_file_names() -> None:
    assert "/" not in evaluation_id("/a b/../c.csv:test", "0" * 64, "abc")


def test_validation_splits_and_labels() -> None:
    assert is_validation_split("val")
    assert is_validation_split("split.csv:val")
    assert not is_validation_split("train")
    assert split_label("val") == "validation split"
    assert split_label("split.csv:test") == "test part of split.csv"
    assert split_label("all") == "all films"
