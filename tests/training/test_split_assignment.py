"""The split that each film of a run is assigned to, and the class weights."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.split import grouped_split, write_split
from cxr_core.errors import DataSetError
from cxr_core.training.recipes import Recipe
from cxr_core.training.split_assignment import assign_split, class_weights
from tests.support.synthetic_chests import write_data_set


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("films") / "chest_xray", patients=20)


def test_a_split_table_is_used_as_it_is(data: Path, tmp_path: Path) -> None:
    index = build_index(data)
    split = grouped_split(index.films, (0.5, 0.3, 0.2), seed=3)
    write_split(index.films, split, tmp_path / "split.csv")
    config = {"split": str(tmp_path / "split.csv"), "experiment": None}
    pd.testing.assert_series_equal(assign_split(index, Recipe(), config), split, check_names=False)


def test_a_subset_takes_films_from_training_only(data: Path) -> None:
    index, config = build_index(data), {"split": None}
    whole, part = assign_split(index, Recipe(), config), assign_split(index, Recipe(subset=10), config)
    assert (part == "train").sum() == 10
    assert (part == "val").sum() == (whole == "val").sum()


def test_a_part_without_a_class_is_refused(tmp_path: Path) -> None:
    films = write_data_set(tmp_path / "chest_xray", patients=3)
    for file in (films / "train" / "NORMAL").iterdir():
        file.unlink()
    with pytest.raises(DataSetError, match="only PNEUMONIA"):
        assign_split(build_index(films), Recipe(), {"split": None})


def test_balanced_weights_average_to_one() -> None:
    labels = np.array([0, 1, 1, 1], np.float32)
    weights = class_weights(labels, Recipe())
    assert weights[labels.astype(int)].mean() == pytest.approx(1)
    assert weights[0] / weights[1] == pytest.approx(3)
    assert class_weights(labels, Recipe(class_weights="none")).tolist() == [1, 1]
