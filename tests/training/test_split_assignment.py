"""The split that each film of a run is assigned to, and the class weights."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.split import grouped_split, write_split
from cxr_core.errors import DataSetError
from cxr_core.training.recipes import Recipe
from cxr_core.training.split_assignment import assign_split, class_weights, film_weights
from tests.support.synthetic_chests import write_data_set


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("films") / "chest_xray", patients=20)


def test_a_split_table_is_used_as_it_is(data: Path, tmp_path: Path) -> None:
    index = build_index(data)
    split = grouped_split(index.films, (0.5, 0.3, 0.2), seed=3)
    write_split(index.films, split, tmp_path / "split.csv")
    found = assign_split(index, Recipe(), tmp_path / "split.csv")
    pd.testing.assert_series_equal(found, split, check_names=False)


def test_a_subset_takes_films_from_training_only(data: Path) -> None:
    index = build_index(data)
    whole, part = assign_split(index, Recipe()), assign_split(index, Recipe(subset=10))
    assert (part == "train").sum() == 10
    assert (part == "val").sum() == (whole == "val").sum()


def test_a_part_without_a_class_is_refused(tmp_path: Path) -> None:
    films = write_data_set(tmp_path / "chest_xray", patients=3)
    for file in (films / "train" / "NORMAL").iterdir():
        file.unlink()
    with pytest.raises(DataSetError, match="only PNEUMONIA"):
        assign_split(build_index(films), Recipe())


def test_balanced_weights_average_to_one() -> None:
    labels = np.array([0, 1, 1, 1], np.float32)
    weights = class_weights(labels, Recipe())
    assert weights[labels.astype(int)].mean() == pytest.approx(1)
    assert weights[0] / weights[1] == pytest.approx(3)
    assert class_weights(labels, Recipe(class_weights="none")).tolist() == [1, 1]


def test_films_weigh_by_class_within_their_source_and_sources_by_the_root_of_their_size() -> None:
    films = pd.DataFrame(
        {"label": ["NORMAL"] * 30 + ["PNEUMONIA"] * 70 + ["NORMAL", "PNEUMONIA", "OTHER", "OTHER"]}
        | {"source": ["a"] * 100 + ["b"] * 4}
    )
    rows = np.arange(len(films))
    weights = film_weights(films, rows, Recipe(other_weight=0.5))
    assert weights.mean() == pytest.approx(1)
    of_a, of_b = weights[:100], weights[100:]
    assert of_a[:30].sum() == pytest.approx(of_a[30:].sum(), rel=1e-5)
    assert of_b[1] == pytest.approx(of_b[0] + of_b[2] + of_b[3], rel=1e-5)
    assert of_b[2] == pytest.approx(of_b[0] / 2, rel=1e-5)
    assert of_a.sum() / of_b.sum() == pytest.approx((100 / 4) ** 0.5, rel=1e-5)
    alike = film_weights(films, rows, Recipe(other_weight=0.5, source_power=0))
    assert alike[:100].sum() == pytest.approx(alike[100:].sum(), rel=1e-5)


def test_with_one_source_films_weigh_as_their_classes() -> None:
    films = pd.DataFrame({"label": ["NORMAL"] * 2 + ["PNEUMONIA"] * 6, "source": "a"})
    labels = (films["label"] == "PNEUMONIA").to_numpy(np.float32)
    weights = film_weights(films, np.arange(8), Recipe())
    np.testing.assert_allclose(weights, class_weights(labels, Recipe())[labels.astype(int)], rtol=1e-5)
    np.testing.assert_allclose(film_weights(films, np.arange(8), Recipe(class_weights="none")), 1, rtol=1e-5)
