"""The sentence on how a run is learning."""

import pandas as pd
import pytest

from cxr_core.training.curve_remarks import remark


def history(loss: list[float], val_loss: list[float], val_auc: list[float]) -> pd.DataFrame:
    columns = {"epoch": range(1, len(loss) + 1), "loss": loss, "val_loss": val_loss, "val_auc": val_auc}
    return pd.DataFrame(columns)


def test_nothing_is_said_of_the_first_epochs_or_of_one_that_learns() -> None:
    assert remark(pd.DataFrame()) == ""
    assert remark(history([1, 0.9], [1, 2], [0.5, 0.5])) == ""
    falling = [1.0, 0.8, 0.6, 0.5, 0.4]
    assert remark(history(falling, falling, [0.5, 0.6, 0.7, 0.8, 0.9])) == ""


def test_overfitting_is_said_with_the_epoch() -> None:
    said = remark(history([1.0, 0.6, 0.4, 0.2, 0.1], [1.0, 0.5, 0.55, 0.7, 0.9], [0.5, 0.8, 0.8, 0.8, 0.9]))
    assert said.startswith("It overfits since epoch 2")
    assert "0.500 to 0.900" in said


def test_a_rise_without_better_training_is_not_overfitting() -> None:
    assert "overfits" not in remark(history([0.6, 0.6, 0.6, 0.6, 0.6], [0.5, 0.5, 0.6, 0.7, 0.9], [0.5] * 5))


@pytest.mark.parametrize("ended", [True, False])
def test_a_run_that_learns_no_more_is_said_so_while_it_goes_on(ended: bool) -> None:
    said = remark(history([0.5] * 6, [0.5] * 6, [0.7, 0.9, 0.9, 0.8, 0.8, 0.8]), ended)
    assert said == (
        "" if ended else "It has stopped learning: no better validation AUC than 0.900 of epoch 2 for 4 epochs."
    )
