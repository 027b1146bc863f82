"""What a user does with runs that have ended: name them, compare them, take their weights along, delete them."""

import shutil
import zipfile
from typing import Any

import pandas as pd

from cxr_core.errors import NotFound, SettingsError, WorkError
from cxr_core.training.recipe_settings import recipe_from_dict
from cxr_core.training.runs import Run

LONGEST_NAME = 60


def rename(run: Run, name: str) -> None:
    """Call a run by a name of its user's; its id and folder stay. Raises SettingsError, or WorkError if it cannot be
    written."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise SettingsError(f"name {name!r}: 1 to {LONGEST_NAME} printable characters are accepted.")
    try:
        (run.folder / "name.txt").write_text(name)
    except OSError as error:
        raise WorkError(f"{run.folder}: the run folder cannot be written ({error.strerror}).") from error


def delete(run: Run) -> None:
    """Remove a run's folder for good. Raises WorkError while a process is at work on it, or if it cannot be removed."""
    if run.live:
        raise WorkError(f"run {run.name}: is at work; stop it before it is deleted.")
    try:
        (run.folder / "state.json").unlink()  # first, so that what remains of an interrupted delete is no run
        shutil.rmtree(run.folder)
    except OSError as error:
        raise WorkError(f"{run.folder}: cannot be deleted ({error.strerror}).") from error


def weights_h5(run: Run) -> bytes:
    """The best epoch's weights as a Keras `.weights.h5`; a `.keras` file is an archive that holds one.

    Raises NotFound before the first epoch has ended.
    """
    file = run.folder / "best.keras"
    if not file.exists():
        raise NotFound(f"run {run.name}: has no weights yet; its first epoch has not ended.")
    with zipfile.ZipFile(file) as archive:
        return archive.read("model.weights.h5")


def settings_that_differ(runs: list[Run]) -> pd.DataFrame:
    """One row a setting in which the runs differ, one column a run; values as text. "data" and "split" count too."""
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        config = run.config()
        settings = recipe_from_dict(config["settings"]).to_dict()
        columns[run.name] = {"recipe": config["recipe"], "data": config["data"], "split": config["split"]} | settings
    table = pd.DataFrame(columns).map(str)
    return table[table.nunique(axis=1) > 1].rename_axis("Setting").reset_index()


def figures_side_by_side(runs: list[Run]) -> pd.DataFrame:
    """One row a run: its status, epochs, and the figures of its best epoch."""
    rows = []
    for run in runs:
        state, history = run.state(), run.history()
        row: dict[str, Any] = {"Run": run.name, "Status": state["status"], "Epochs": len(history)}
        if "best_epoch" in state and len(history):
            best = history[history["epoch"] == state["best_epoch"]].iloc[0]
            row |= {
                "Best epoch": int(best["epoch"]),
                "Validation AUC": best["val_auc"],
                "Validation accuracy": best["val_accuracy"],
                "Validation loss": best["val_loss"],
                "Seconds an epoch": history["seconds"].median(),
            }
        rows.append(row)
    return pd.DataFrame(rows)
