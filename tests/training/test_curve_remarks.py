"""The message on overfitting or stalled learning."""

import pandas as pd
import pytest

from cxr_core.training.curve_remarks import constant_answer_remark, remark


def history(loss: list[float], val_loss: list[float], val_auc: list[float]) -> pd.DataFrame:
    columns = {"epoch": range(1, len(loss) + 1), "loss": loss, "val_loss": val_loss, "val_auc": val_auc}
    return pd.DataFrame(columns)


def test_no_message_in_the_first_epochs_or_while_a_run_learns() -> None:
    assert remark(pd.DataFrame()) == ""
    assert remark(history([1, 0.9], [1, 2], [0.5, 0.5])) == ""
    falling = [1.0, 0.8, 0.6, 0.5, 0.4]
    assert remark(history(falling, falling, [0.5, 0.6, 0.7, 0.8, 0.9])) == ""


def test_overfitting_is_reported_with_its_epoch() -> None:
    message = remark(history([1.0, 0.6, 0.4, 0.2, 0.1], [1.0, 0.5, 0.55, 0.7, 0.9], [0.5, 0.8, 0.8, 0.8, 0.9]))
    assert message.startswith("Overfitting since epoch 2")
    assert "0.500 to 0.900" in message


def test_a_rise_without_better_training_is_not_overfitting() -> None:
    assert "Overfitting" not in remark(history([0.6, 0.6, 0.6, 0.6, 0.6], [0.5, 0.5, 0.6, 0.7, 0.9], [0.5] * 5))


@pytest.mark.parametrize("ended", [True, False])
def test_stalled_learning_is_reported_while_the_run_goes_on(ended: bool) -> None:
    message = remark(history([0.5] * 6, [0.5] * 6, [0.7, 0.9, 0.9, 0.8, 0.8, 0.8]), ended)
    assert (message == "") if ended else message.startswith("No longer learning")
    assert ended or "0.900, reached in epoch 2, for 4 epochs" in message


@pytest.mark.parametrize(
    ("share", "accuracy", "message"),
    [
        (0.75, 0.75, "No better than always saying pneumonia: that is right for 75.0% of the validation films"),
        (0.25, 0.7, "No better than always saying normal"),
        (0.5, 0.5, "No better than always saying the same"),
        (0.75, 0.76, ""),
        (None, 0.1, ""),
    ],
)
def test_no_better_than_a_constant_answer(share: float | None, accuracy: float, message: str) -> None:
    history = pd.DataFrame({"epoch": [1, 2], "val_accuracy": [accuracy - 0.1, accuracy]})
    found = constant_answer_remark(history, share)
    assert found.startswith(message) if message else not found
    assert not constant_answer_remark(pd.DataFrame(), share)
