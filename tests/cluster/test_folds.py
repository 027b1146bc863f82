"""Folds of patients and of sources."""

from pathlib import Path

import pytest

from cxr_core.cluster.folds import FOLDS, plan_folds
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DataSetError
from tests.support.synthetic_chests import write_adults, write_data_set


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root: Path = tmp_path_factory.mktemp("folds")
    write_data_set(root / "children", patients=10)
    write_adults(root / "adults", patients=10)
    return build_index([root / "children", root / "adults" / "films.csv"])


def test_every_patient_is_held_out_once(index: Index) -> None:
    folds = plan_folds(index)
    assert len(folds) == FOLDS
    held_out = [set(index.films.loc[fold.split == "test", "path"]) for fold in folds]
    assert sum(map(len, held_out)) == len(set.union(*held_out)) == len(index.films)
    for fold in folds:
        used = index.films.assign(split=fold.split)
        assert used.groupby("patient")["split"].nunique().max() == 1
        assert set(used.loc[used["split"] == "test", "source"]) == {"children", "adults"}
        assert set(used["split"]) == {"train", "val", "test"}


def test_a_source_is_left_out_as_a_whole(index: Index) -> None:
    folds = plan_folds(index, leave_one_source_out=True)
    assert [fold.name for fold in folds] == ["without-adults", "without-children"]
    for fold in folds:
        left_out = fold.name.removeprefix("without-")
        assert ((fold.split == "test") == (index.films["source"] == left_out)).all()


def test_a_single_source_cannot_be_left_out(index: Index) -> None:
    with pytest.raises(DataSetError, match="has one source"):
        plan_folds(index.parts[0], leave_one_source_out=True)
