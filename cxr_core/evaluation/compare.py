"""Comparison of two evaluations on the films that both systems scored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.errors import DataSetError
from cxr_core.evaluation.evaluation import Evaluation, split_label
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.comparison import Difference, McNemar, delong_paired, mcnemar
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.metrics.scores import Scores


@dataclass(frozen=True, eq=False)
class Comparison:
    """The tests of two systems on their common films.

    a and b: both systems' scores of the same films, in the same order.
    difference: AUROC of a minus b (paired DeLong). errors: McNemar's test, each system at its own threshold.
    differ: the films that the two call differently, the largest difference of scores first.
    left_out: the number of rows of films that only one system scored, or that are labelled differently.
    """

    a: Scores
    b: Scores
    difference: Difference
    errors: McNemar
    differ: pd.DataFrame
    left_out: int

    def to_dict(self) -> dict[str, Any]:
        """The tests and counts, JSON-ready, without NaN."""
        counts = {"films": len(self.a), "left_out": self.left_out, "differ": len(self.differ)}
        return counts | {"delong": self.difference.to_dict(), "mcnemar": self.errors.to_dict()}


def compare(a: Evaluation, b: Evaluation) -> Comparison:
    """Compare two evaluations on their common films. Raises DataSetError if there are none."""
    key_a, key_b = _keys(a, b)
    common = pd.DataFrame({"key": key_a, "row_a": range(len(key_a))}).merge(
        pd.DataFrame({"key": key_b, "row_b": range(len(key_b))}), on="key"
    )
    rows_a, rows_b = a.films.iloc[common["row_a"]], b.films.iloc[common["row_b"]]
    same = rows_a["label"].to_numpy() == rows_b["label"].to_numpy()
    rows_a, rows_b = rows_a[same], rows_b[same]
    if rows_a.empty:
        raise DataSetError(
            f"{a.title} and {b.title} have no film in common",
            thing="comparison",
            accepted="evaluations with common films are needed",
        )
    labels = (rows_a["label"] == PNEUMONIA).to_numpy(int)
    patients, files = rows_a["patient"].to_numpy(), rows_a["file"].to_numpy()
    scores_a = Scores(labels, rows_a["score"].to_numpy(), patients, files)
    scores_b = Scores(labels, rows_b["score"].to_numpy(), patients, files)
    called_a, called_b = scores_a.called(a.threshold), scores_b.called(b.threshold)
    table = rows_a.assign(
        score_a=scores_a.scores,
        score_b=scores_b.scores,
        called_a=_class_names(called_a),
        called_b=_class_names(called_b),
    )[called_a != called_b]
    order = (table["score_a"] - table["score_b"]).abs().sort_values(ascending=False, kind="stable").index
    return Comparison(
        a=scores_a,
        b=scores_b,
        difference=delong_paired(scores_a, scores_b),
        errors=mcnemar(called_a == (labels == 1), called_b == (labels == 1), patients),
        differ=table.loc[order],
        left_out=len(a.films) + len(b.films) - 2 * len(rows_a),
    )


def system_names(a: Evaluation, b: Evaluation) -> tuple[str, str]:
    """The systems' names; with version and split if both have the same name."""
    if a.name != b.name:
        return a.name, b.name
    first, second = (f"{one.name} {one.version[:6]}, {split_label(one.split)}" for one in (a, b))
    return first, second


def comparison_text(comparison: Comparison, names: tuple[str, str]) -> list[str]:
    """The results of a comparison, one sentence each. names: of the systems a and b."""
    auroc, errors = comparison.difference.auroc, comparison.errors
    return [
        *differences_in_words(comparison, names),
        f"{len(comparison.a):,} films that both scored; {comparison.left_out:,} rows left out.",
        f"AUROC of {names[0]} minus {names[1]}, paired DeLong by patient: {value_with_interval(auroc, 4)}, "
        f"{p_value_text(comparison.difference.p_value)}.",
        f"Errors, each system at its own threshold, McNemar by patient: only {names[0]} right {errors.only_a_right:,}, "
        f"only {names[1]} right {errors.only_b_right:,}, both right {errors.both_right:,}, "
        f"both wrong {errors.both_wrong:,}; exact test, {p_value_text(errors.p_value)}.",
        f"Films that they call differently: {len(comparison.differ):,}.",
    ]


def differences_in_words(comparison: Comparison, names: tuple[str, str]) -> list[str]:
    """What the two systems differ in, a sentence each on ranking and on errors: a p-value below 0.05 is a difference.

    names: of the systems a and b.
    """
    auroc, errors = comparison.difference.auroc, comparison.errors
    sentences = []
    if auroc.value is not None:
        better, worse = names if auroc.value >= 0 else names[::-1]
        shown = comparison.difference.p_value is not None and comparison.difference.p_value < 0.05
        sentences.append(
            f"{better} ranks the films better than {worse}, by {abs(auroc.value):.3f} of AUROC."
            if shown
            else "No difference in ranking is shown on these films."
        )
    more = errors.only_a_right - errors.only_b_right
    better = names[0] if more >= 0 else names[1]
    sentences.append(
        f"{better} calls {abs(more):,} more of the {len(comparison.a):,} films correctly."
        if errors.p_value < 0.05
        else "No difference in the number of errors is shown on these films."
    )
    return sentences


def p_value_text(value: float | None) -> str:
    """ "p = 0.0312", "p < 0.0001" or "no p-value"."""
    if value is None:
        return "no p-value"
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.4f}"


def _keys(a: Evaluation, b: Evaluation) -> tuple[pd.Series, pd.Series]:
    """Keys that match films of both: the content, else the path, else the file name; the first with a common film."""
    name_a, name_b = (one.films["file"].str.replace("\\", "/").str.rsplit("/").str[-1] for one in (a, b))
    candidates = [(a.films["file"], b.films["file"]), (name_a, name_b)]
    if "sha256" in a.films and "sha256" in b.films:
        candidates.insert(0, (a.films["sha256"], b.films["sha256"]))
    for key_a, key_b in candidates:
        unique_a, unique_b = key_a.drop_duplicates(keep=False), key_b.drop_duplicates(keep=False)
        if unique_a.isin(unique_b).any():
            # A key that occurs twice does not identify a film.
            return key_a.where(key_a.isin(unique_a), "?a"), key_b.where(key_b.isin(unique_b), "?b")
    return key_a, key_b


def _class_names(called: np.ndarray) -> np.ndarray:
    return np.where(called, PNEUMONIA, NORMAL)
