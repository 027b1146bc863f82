"""The figures of a sweep's trials, all on the validation films of its split."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
import pandas as pd

from cxr_core.cluster.fits import epochs_done
from cxr_core.cluster.sweep_record import Sweep
from cxr_core.errors import DamagedRecord
from cxr_core.labels import CLASSES, PNEUMONIA
from cxr_core.paths import runs_folder
from cxr_core.records import read_table
from cxr_core.training.runs import Run

FIGURES = ("epochs", "worst_source_auc", "val_auc", "spread", "ensemble_auc")
_BY_SOURCE = "val_auc_"
_VALIDATION = ("path", "label", "source", "logit")


def readable_runs(ids: Sequence[str]) -> list[Run]:
    """The runs of those ids, without those that were deleted or are damaged."""
    found = []
    for run_id in ids:
        run = Run(runs_folder() / run_id)
        with suppress(DamagedRecord):  # the page lists it as damaged
            if (run.folder / "state.json").exists():
                run.config(), run.state()
                found.append(run)
    return found


def score_at(run: Run, epoch: int) -> float:
    """The AUC on the worst source at the best epoch by `val_auc` up to an epoch; 0 without any."""
    history = run.history()
    history = history[history["epoch"] <= epoch] if len(history) else history
    if history.empty:
        return 0.0
    best = history.iloc[int(history["val_auc"].to_numpy().argmax())].to_dict()
    by_source = [float(value) for name, value in best.items() if str(name).startswith(_BY_SOURCE)]
    return min(by_source, default=float(best["val_auc"]))


def sweep_table(sweep: Sweep) -> pd.DataFrame:
    """One row for each combination, those that came furthest first and the best first among them.

    The tried settings; "epochs"; "worst_source_auc" and "val_auc", mean over seeds at their best epochs; "spread", of
    the former over seeds; "ensemble_auc", of the seeds together, see `ensemble_auc`, NaN with one seed; "run", the best
    seed's; "status" of that. Runs that were deleted or are damaged are left out.
    """
    rows = []
    for settings, ids in zip(sweep.settings, sweep.runs, strict=True):
        runs = readable_runs(ids)
        if not runs:
            continue
        scores = [score_at(run, sweep.rungs[-1]) for run in runs]
        best = runs[int(np.argmax(scores))]
        aucs = [run.history()["val_auc"].max() for run in runs if epochs_done(run)]
        figures = {
            "epochs": min(map(epochs_done, runs)),
            "worst_source_auc": float(np.mean(scores)) if aucs else float("nan"),
            "val_auc": float(np.mean(aucs)) if aucs else float("nan"),
            "spread": float(np.ptp(scores)),
            "ensemble_auc": ensemble_auc(runs) if len(runs) > 1 else float("nan"),
        }
        rows.append({**settings, **figures, "run": best.id, "status": best.state().status})
    table = pd.DataFrame(rows, columns=[*sweep.tried, *FIGURES, "run", "status"])
    return table.sort_values(["epochs", "worst_source_auc"], ascending=False, ignore_index=True)


def best_together(sweep: Sweep, most: int) -> pd.DataFrame:
    """What the best 1, 2, ... runs give together: "runs", "ensemble_auc", see there.

    Best by epochs and the AUC on the worst source, of all combinations and seeds. At most `most`, and only runs with
    scored validation films; empty without any.
    """
    runs = [run for run in readable_runs([one for ids in sweep.runs for one in ids]) if _logits(run) is not None]
    runs.sort(key=lambda run: (-epochs_done(run), -score_at(run, sweep.rungs[-1]), run.id))
    counts = range(1, min(most, len(runs)) + 1)
    rows = [{"runs": count, "ensemble_auc": ensemble_auc(runs[:count])} for count in counts]
    return pd.DataFrame(rows, columns=["runs", "ensemble_auc"])


def ensemble_auc(runs: Sequence[Run]) -> float:
    """The AUC on the worst source of the runs' mean probability, each at its best epoch.

    NaN if a run has not scored its validation films, if the runs scored different films, or without both classes.
    """
    from sklearn.metrics import roc_auc_score

    tables = [table for run in runs if (table := _logits(run)) is not None]
    if not tables or len(tables) < len(runs) or not all(table.index.equals(tables[0].index) for table in tables):
        return float("nan")
    mean = np.mean([1 / (1 + np.exp(-table["logit"].to_numpy())) for table in tables], axis=0)
    films = tables[0].assign(probability=mean)
    films = films[films["label"].isin(CLASSES)]
    parts = [part for _, part in films.groupby("source") if part["label"].nunique() == len(CLASSES)]
    aucs = [float(roc_auc_score(part["label"] == PNEUMONIA, part["probability"])) for part in parts]
    return min(aucs, default=float("nan"))


def _logits(run: Run) -> pd.DataFrame | None:
    """The scored validation films by path, in order; None before there are any, or if the table is damaged."""
    file = run.folder / "validation.csv"
    if not file.exists():
        return None
    with suppress(DamagedRecord):
        table = read_table(file, _VALIDATION, "a run's validation scores").sort_values(["source", "path"])
        return table.assign(logit=pd.to_numeric(table["logit"], errors="coerce")).dropna().set_index("path")
    return None
