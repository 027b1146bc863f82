"""A probability as a natural frequency: of the validation films with a similar score, how many had pneumonia."""

from typing import Any

import numpy as np

from cxr_core.errors import DataSetError
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.scores import Scores

GROUPS = 8


def frequency_table(scores: Scores, groups: int = GROUPS) -> list[dict[str, Any]]:
    """Films in groups of about equal size by score, for a model's card; together the groups cover [0, 1].

    Each row: `up_to` (the highest score of the group, 1 for the last), `films`, `pneumonia`, and `low` and `high`, the
    Wilson interval of their ratio. Use films that were not trained on.
    """
    order = np.argsort(scores.scores, kind="stable")
    rows: list[dict[str, Any]] = []
    for part in np.array_split(order, min(groups, len(order))):
        share = wilson(int(scores.labels[part].sum()), len(part))
        up_to = float(scores.scores[part].max())
        rows.append({"up_to": up_to, "films": len(part), "pneumonia": int(scores.labels[part].sum())})
        rows[-1] |= {"low": share.low, "high": share.high}
    rows[-1]["up_to"] = 1.0
    return rows


def frequency_text(table: list[dict[str, Any]], probability: float) -> str:
    """For a clinician (Gigerenzer, BMJ 2003; 327:741): "Of 65 films with a score like this one, 64 had pneumonia ...".

    table: as `frequency_table` returns it; probability in [0, 1]. Raises DataSetError for an empty table.
    """
    if not table:
        raise DataSetError("frequencies: the table has no row; films that were not trained on are needed.")
    row = next((row for row in table if probability <= row["up_to"]), table[-1])
    low, high = round(100 * row["low"]), round(100 * row["high"])
    return (
        f"Of {row['films']} validation films with a score like this one, {row['pneumonia']} had pneumonia "
        f"(95% interval {low} to {high} of 100)."
    )
