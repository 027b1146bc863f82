"""A split whose test films differ from the rest: normal films from both ends of the hospital's numbering.

    python -m benchmarks.accuracy.shift_split DATA --out shift.csv
    python -m cxr_core train DATA --recipe NAME --split shift.csv --run RUN
    python -m benchmarks.accuracy.shift_split DATA --run RUN

Film numbers of "Chest X-Ray Images (Pneumonia)" increase with time. The normal films of its official test split are
earlier than those of the training split, and models call far more of them pneumonia than of held-out training patients.
To measure such a loss without the official test split, the earliest and latest normal films of the training split are
assigned to `test` here, with pneumonia films of held-out patients. With `--run`: the metrics of a run on that split,
sensitivity and the specificity on early and late films, at thresholds chosen on its validation patients.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from cxr_core.cluster.fold_metrics import SENSITIVITY, FoldNetwork, scores_of
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.split import grouped_split, write_split
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.operating_points import choose_operating_points
from cxr_core.training.runs import Run, find_run

EARLIEST = {"IM": 260, "NORMAL2-IM": 520}
LATEST = {"IM": 10_000, "NORMAL2-IM": 1250}


def early_and_late(films: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Whether a film is a normal one numbered below EARLIEST, and whether one numbered LATEST or above."""
    found = films["series"].str.extract(r"^(?P<series>(?:NORMAL2-)?IM)-(?P<number>\d+)$")
    number = found["number"].astype(float)
    return number < found["series"].map(EARLIEST), number >= found["series"].map(LATEST)


def main() -> None:
    """Write the split, or measure a run on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--out", type=Path)
    action.add_argument("--run")
    options = parser.parse_args()
    index = build_index(options.data)
    if options.run:
        measure(find_run(options.run), index)
        return
    films = index.films
    usable = films[(films["split"] == "train") & (films["fault"] == "")].drop_duplicates("sha256")
    early, late = early_and_late(usable)
    outside = early | late
    assigned = grouped_split(usable[~outside], (0.8, 0.1, 0.1), seed=1)
    assigned = assigned.where((assigned != "test") | (usable["label"][~outside] == PNEUMONIA), "")
    split = assigned.reindex(films.index, fill_value="").where(~outside.reindex(films.index, fill_value=False), "test")
    write_split(films, split, options.out)
    print(pd.crosstab(split[split != ""], films["label"]))


def measure(run: Run, index: Index) -> None:
    """Print the run's metrics at each threshold."""
    network = FoldNetwork(run, index)
    validation, films = network.validation, network.held_out
    pneumonia = validation["label"] == PNEUMONIA
    thresholds = {
        f"{SENSITIVITY:.0%} of validation": float(
            np.quantile(validation["score"][pneumonia], 1 - SENSITIVITY, method="lower")
        )
    }
    points = choose_operating_points(scores_of(validation))
    thresholds |= {name: point.threshold for name, point in points.items()}
    early, late = early_and_late(films)
    parts = {"sensitivity": films["label"] == PNEUMONIA, "early": early, "late": late}
    rows = []
    for name, threshold in thresholds.items():
        called = films["score"] >= threshold
        rates = {
            part: (called if part == "sensitivity" else ~called)[rows_of].mean() for part, rows_of in parts.items()
        }
        rows.append({"threshold": name, "at": threshold} | rates)
    auc = {
        "validation": roc_auc_score(pneumonia, validation["score"]),
        "held out": roc_auc_score(parts["sensitivity"], films["score"]),
    }
    print(f"run {run.id}: AUROC " + ", ".join(f"{part} {value:.4f}" for part, value in auc.items()))
    print(f"films: {', '.join(f'{part} {int(where.sum())}' for part, where in parts.items())}")
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
