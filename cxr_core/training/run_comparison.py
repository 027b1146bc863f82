"""Tables of runs: all of them, groups of them, the settings in which they differ, the metrics of their best epochs."""

from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.training.recipes import RECIPES
from cxr_core.training.runs import Run

FIGURES = ("Validation AUC", "Validation accuracy", "Validation loss")


def title_of(run: Run, runs: list[Run]) -> str:
    """A run's name, with its id if another of the runs has the same name."""
    return run.name if [one.name for one in runs].count(run.name) == 1 else f"{run.name} ({run.id})"


def settings_that_differ(runs: list[Run]) -> pd.DataFrame:
    """One row for each setting in which the runs differ, one column for each run; values as text.

    The recipe, the data set ("data") and the split table ("split") count as settings.
    """
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        config = run.config()
        about = {"recipe": config.recipe, "data": config.data, "split": config.split}
        columns[title_of(run, runs)] = about | config.parsed.to_dict()
    table = pd.DataFrame(columns).map(lambda value: str(_cell(value)))
    return table[table.nunique(axis=1) > 1].rename_axis("Setting").reset_index()


def best_epochs(runs: list[Run]) -> pd.DataFrame:
    """One row for each run: its status, its number of epochs, and the metrics of its best epoch, NaN without any."""
    rows = []
    for run in runs:
        state, history = run.state(), run.history()
        row: dict[str, Any] = {"Run": title_of(run, runs), "Status": state.status, "Epochs": len(history)}
        of_best = history[history["epoch"] == state.best_epoch] if len(history) else history
        if len(of_best):
            best = of_best.iloc[0]
            row |= {
                "Best epoch": int(best["epoch"]),
                "Validation AUC": best["val_auc"],
                "Validation accuracy": best.get("val_accuracy"),
                "Validation loss": best.get("val_loss"),
                "Seconds an epoch": history["seconds"].median() if "seconds" in history else None,
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=["Run", "Status", "Epochs", "Best epoch", *FIGURES, "Seconds an epoch"])


def run_table(runs: list[Run]) -> pd.DataFrame:
    """One row for each run, by its id: "Run" to "Note" as below, the columns of `best_epochs`, and every setting.

    "Started": UTC, to the minute. "Tags": a list. A setting has its own name, with values as text where they are lists.
    """
    rows = []
    for run in runs:
        config, notes = run.config(), run.notes()
        sources = [config.data] if isinstance(config.data, str) else config.data
        rows.append(
            {
                "Started": config.created[:16].replace("T", " "),
                "Recipe": config.recipe,
                "Data": " + ".join(Path(source).name for source in sources),
                "Tags": list(notes.tags),
                "Note": notes.note,
            }
            | {name: _cell(value) for name, value in config.parsed.to_dict().items()}
        )
    return pd.concat([best_epochs(runs), pd.DataFrame(rows)], axis=1).set_axis([run.id for run in runs])


def grouped_runs(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """One row for each value of a column of `run_table`, the best validation AUC first; a run counts for each tag.

    "Runs": how many. "Best", "Median", "Lowest": of the validation AUC of their best epochs; NaN without any.
    """
    exploded = table.explode(column) if column == "Tags" else table
    auc = exploded["Validation AUC"].groupby(exploded[column].fillna("none").astype(str))
    found = pd.DataFrame({"Runs": auc.size(), "Best": auc.max(), "Median": auc.median(), "Lowest": auc.min()})
    return found.sort_values(["Best", "Runs"], ascending=False).rename_axis(column).reset_index()


def changed_settings(run: Run) -> pd.DataFrame:
    """One row for each setting of a run, those that differ from its recipe first; values as text.

    "Setting", "This run", "Recipe" ("–" for a recipe that this version does not have), "changed".
    """
    config = run.config()
    recipe = RECIPES[config.recipe].to_dict() if config.recipe in RECIPES else {}
    rows = [
        {
            "Setting": name,
            "This run": str(_cell(value)),
            "Recipe": str(_cell(recipe[name])) if name in recipe else "–",
            "changed": name in recipe and recipe[name] != value,
        }
        for name, value in config.parsed.to_dict().items()
    ]
    return pd.DataFrame(rows).sort_values("changed", ascending=False, kind="stable", ignore_index=True)


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
