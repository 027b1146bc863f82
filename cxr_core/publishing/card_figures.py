"""What a card tells of the films behind it: which were used and which were not, parts of them, openings of the test."""

from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.evaluation.groups import group_table
from cxr_core.evaluation.store import open_evaluation
from cxr_core.evaluation.test_set_access import times_opened

_PARTS = {
    "train": "to train on",
    "val": "to choose epoch, calibration and thresholds on",
    "test": "held out for the figures",
}


def data_flow(index: Index, split: pd.DataFrame) -> list[dict[str, Any]]:
    """From the data set to the films used, step by step: `[{"films": int, "what": str}]`, exclusions with their reason.

    split: the run's table of used films, with `path`, `sha256` and `split`.
    """
    films = index.films
    left = films[~films["path"].isin(split["path"])]
    faulty = left["fault"] != ""
    again = ~faulty & left["sha256"].isin(split["sha256"])
    other = left[~faulty & ~again]["split"]
    steps = [(len(films), "in the data set"), (int(faulty.sum()), "left out: cannot be used as films")]
    steps.append((int(again.sum()), "left out: the same bytes as another film"))
    steps += [(int((other == name).sum()), f"left out: published as {name}") for name in sorted(set(other) - {""})]
    steps.append((int((other == "").sum()), "left out: not drawn"))
    steps += [(int((split["split"] == part).sum()), what) for part, what in _PARTS.items()]
    return [{"films": films, "what": what} for films, what in steps if films]


def parts_and_openings(metrics: Path) -> dict[str, Any]:
    """`subgroups` (as the report shows them) and `openings` (the ledger's sentence) for a card's figures.

    metrics: a kept evaluation, with its CSV beside it. Raises DataSetError if it is not one, WorkError if the ledger is
    damaged.
    """
    evaluation = open_evaluation(metrics)
    groups, _ = group_table(evaluation)
    return {"subgroups": groups.to_dict("records"), "openings": times_opened(evaluation).sentence}
