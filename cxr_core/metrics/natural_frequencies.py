"""A probability as a natural frequency: of the validation films with a similar score, how many had pneumonia."""

from typing import Any

import numpy as np

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
