"""The figures of batches: written during a fit, read while it goes on."""

from pathlib import Path

import pytest

from cxr_core.training.batch_history import BatchHistory, batch_history
from tests.support.damaged_files import WAYS
from tests.support.runs import new_run


def add(history: BatchHistory, epoch: int, step: int, loss: float, steps: int = 4) -> None:
    history.add(epoch, step, steps, {"loss": loss, "accuracy": 0.5, "auc": 0.6})


def test_each_row_is_the_mean_since_the_row_before() -> None:
    run = new_run()
    assert batch_history(run).empty
    history = BatchHistory(run)
    for epoch in (1, 2):
        history.begin(epoch)
        for step, mean in ((1, 1.0), (2, 0.75), (4, 0.5)):
            add(history, epoch, step, mean)
    rows = batch_history(run)
    assert rows["epoch"].tolist() == [0.25, 0.5, 1, 1.25, 1.5, 2]
    assert rows["loss"].tolist() == pytest.approx([1, 0.5, 0.25] * 2)
    assert set(rows["auc"]) == {0.6}


def test_an_epoch_has_about_a_hundred_rows_and_the_first_batch_one() -> None:
    run = new_run()
    history = BatchHistory(run)
    history.begin(1)
    for step in range(1, 1001):
        add(history, 1, step, 0.5, steps=1000)
    rows = batch_history(run)
    assert rows["epoch"].iloc[0] == pytest.approx(0.001)
    assert len(rows) == 101


def test_an_interrupted_epoch_is_begun_anew() -> None:
    run = new_run()
    history = BatchHistory(run)
    for epoch in (1, 2):
        history.begin(epoch)
        add(history, epoch, 1, 0.5)
    again = BatchHistory(run)
    again.begin(2)
    assert batch_history(run)["epoch"].tolist() == [0.25]
    add(again, 2, 2, 0.5)
    assert batch_history(run)["epoch"].tolist() == [0.25, 1.5]


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_file_ends_neither_the_fit_nor_the_page(way: str) -> None:
    run = new_run()
    history = BatchHistory(run)
    history.begin(1)
    add(history, 1, 1, 0.5)
    WAYS[way](Path(run.folder / "batches.csv"))
    batch_history(run)
    assert way == "cut" or any("batches.csv: is not a run's history of batches" in one for one in run.problems())
    history.begin(2)
    add(history, 2, 1, 0.5)
