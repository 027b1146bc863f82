"""One plain sentence on how a run is learning."""

import pandas as pd

SOME_EPOCHS = 4
RISE = 1.1
FALL = 0.9


def remark(history: pd.DataFrame, ended: bool = False) -> str:
    """What the curves say, or "" while they say nothing in particular.

    history: one row an epoch, as `Run.history`. It overfits once the validation loss has been over 1.1 times its least
    for the last two epochs, while the training loss has fallen by a tenth since; it has stopped learning once neither
    the validation AUC has been bettered nor the training loss fallen by a tenth in four epochs.
    """
    if len(history) < SOME_EPOCHS:
        return ""
    table = history.set_index("epoch")
    least = _epoch_of(history, int(history["val_loss"].argmin()))
    since = table.loc[least:]
    last = table.iloc[-1]
    risen = len(since) > 2 and (since["val_loss"].iloc[-2:] > RISE * since["val_loss"].iloc[0]).all()
    if risen and last["loss"] < FALL * since["loss"].iloc[0]:
        return (
            f"It overfits since epoch {least}: the training loss still falls, from {since['loss'].iloc[0]:.3f} to "
            f"{last['loss']:.3f}; the validation loss rises, from {since['val_loss'].iloc[0]:.3f} to "
            f"{last['val_loss']:.3f}."
        )
    best = _epoch_of(history, int(history["val_auc"].argmax()))
    idle = int(table.index[-1]) - best
    fallen = idle < len(table) and last["loss"] < FALL * table["loss"].iloc[-SOME_EPOCHS]
    if idle >= SOME_EPOCHS and not fallen and not ended:
        return (
            f"It has stopped learning: no better validation AUC than {table['val_auc'].max():.3f} of epoch {best} "
            f"for {idle} epochs."
        )
    return ""


def _epoch_of(history: pd.DataFrame, row: int) -> int:
    return int(history["epoch"].iloc[row])
