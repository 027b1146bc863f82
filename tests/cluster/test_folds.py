"""Folds of patients and of sources."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_core.cluster.fits import Wanted
from cxr_core.cluster.folds import FOLDS, fitted_folds, plan_folds
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DataSetError, WorkError
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.runs import list_runs
from tests.support.runs import NO_PROCESS
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


class Ends:
    """Fits in which every run ends alike."""

    def __init__(self, status: str) -> None:
        self._status = status
        self.began: list[tuple[str, str, int]] = []

    def fit_all(self, wanted: Wanted, report: Callable[[str], None]) -> None:
        for run, until in wanted:
            self.began.append((run.id, run.state().status, until))
            run.update(status=self._status, message="The disk is full.", pid=NO_PROCESS)


def test_on_a_cluster_all_folds_are_given_at_once_and_failed_ones_again(index: Index) -> None:
    folds, said = plan_folds(index), list[str]()
    failing = Ends("failed")
    with pytest.raises(WorkError, match=r"run fold-0-\w+: The disk is full"):
        list(fitted_folds(index, "residual-128", Recipe(epochs=2), folds, said.append, failing))
    assert [(status, until) for _, status, until in failing.began] == [("starting", 2)] * FOLDS
    finishing = Ends("finished")
    fitted = list(fitted_folds(index, "residual-128", Recipe(epochs=2), folds, said.append, finishing))
    assert [fold.name for fold, _ in fitted] == [fold.name for fold in folds]
    assert [run.config().parsed.seed for _, run in fitted] == list(range(FOLDS))
    assert finishing.began == failing.began  # claimed again
    assert len(list_runs()) == FOLDS
    assert not said


def test_a_fold_that_was_stopped_ends_them(index: Index) -> None:
    said: list[str] = []
    assert not list(fitted_folds(index, "residual-128", Recipe(), plan_folds(index), said.append, Ends("stopped")))
    assert said == ["fold-0: was stopped; the same command goes on from here."]
