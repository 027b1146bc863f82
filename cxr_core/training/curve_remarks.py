"""Messages on a run from its learning curves: overfitting, stalled learning, no better than a constant answer."""

import pandas as pd

MIN_EPOCHS = 4
OVERFIT_RATIO = 1.1
FALL_RATIO = 0.9


def remark(history: pd.DataFrame, ended: bool = False) -> str:
    """The message, or "" if there is nothing to report.

    history: one row for each epoch, as `Run.history`. ended: the run has ended, so stalled learning is not reported.
    A run overfits if the validation loss of each of the last two epochs is over 1.1 times the minimum, and the training
    loss has fallen by a tenth since that minimum. It has stopped learning if in the last four epochs neither the
    validation AUC has improved nor the training loss has fallen by a tenth.
    """
    if len(history) < MIN_EPOCHS:
        return ""
    table = history.set_index("epoch")
    minimum = _epoch_of(history, int(history["val_loss"].argmin()))
    since = table.loc[minimum:]
    last = table.iloc[-1]
    risen = len(since) > 2 and (since["val_loss"].iloc[-2:] > OVERFIT_RATIO * since["val_loss"].iloc[0]).all()
    if risen and last["loss"] < FALL_RATIO * since["loss"].iloc[0]:
        return (
            f"Overfitting since epoch {minimum}: the training loss still falls, from {since['loss'].iloc[0]:.3f} to "
            f"{last['loss']:.3f}; the validation loss rises, from {since['val_loss'].iloc[0]:.3f} to "
            f"{last['val_loss']:.3f}."
        )
    best = _epoch_of(history, int(history["val_auc"].argmax()))
    idle = int(table.index[-1]) - best
    fallen = idle < len(table) and last["loss"] < FALL_RATIO * table["loss"].iloc[-MIN_EPOCHS]
    if idle >= MIN_EPOCHS and not fallen and not ended:
        return (
            f"No longer learning: the validation AUC has not exceeded {table['val_auc'].max():.3f}, reached in epoch "
            f"{best}, for {idle} epochs."
        )
    return ""


def constant_answer_remark(history: pd.DataFrame, val_pneumonia: float | None) -> str:
    """The message that the run answers no more validation films right than who always gives the same answer, or "".

    history: as `Run.history`. val_pneumonia: the share of pneumonia among the validation films, None if not known.
    """
    if history.empty or "val_accuracy" not in history or val_pneumonia is None:
        return ""
    best = history.iloc[int(history["val_accuracy"].argmax())]
    constant = max(val_pneumonia, 1 - val_pneumonia)
    if best["val_accuracy"] > constant:
        return ""
    answer = "the same" if val_pneumonia == 0.5 else "pneumonia" if val_pneumonia > 0.5 else "normal"
    return (
        f"No better than always saying {answer}: that is right for {constant:.1%} of the validation films, this run "
        f"for {best['val_accuracy']:.1%} in its best epoch, {int(best['epoch'])}."
    )


def _epoch_of(history: pd.DataFrame, row: int) -> int:
    return int(history["epoch"].iloc[row])
