"""Tables that compare runs: the settings in which they differ, and the metrics of their best epochs."""

from typing import Any

import pandas as pd

from cxr_core.training.runs import Run


def settings_that_differ(runs: list[Run]) -> pd.DataFrame:
    """One row for each setting in which the runs differ, one column for each run; values as text.

    The recipe, the data set ("data") and the split table ("split") count as settings.
    """
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        config = run.config()
        about = {"recipe": config.recipe, "data": config.data, "split": config.split}
        columns[run.name] = about | config.parsed.to_dict()
    table = pd.DataFrame(columns).map(str)
    return table[table.nunique(axis=1) > 1].rename_axis("Setting").reset_index()


def best_epochs(runs: list[Run]) -> pd.DataFrame:
    """One row for each run: its status, its number of epochs, and the metrics of its best epoch."""
    rows = []
    for run in runs:
        state, history = run.state(), run.history()
        row: dict[str, Any] = {"Run": run.name, "Status": state.status, "Epochs": len(history)}
        of_best = history[history["epoch"] == state.best_epoch] if len(history) else history
        if len(of_best):
            best = of_best.iloc[0]
            row |= {
                "Best epoch": int(best["epoch"]),
                "Validation AUC": best["val_auc"],
                "Validation accuracy": best.get("val_accuracy"),
                "Validation loss": best.get("val_loss"),
                "Seconds an epoch": history["seconds"].median(),
            }
        rows.append(row)
    return pd.DataFrame(rows)
