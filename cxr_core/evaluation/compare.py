"""Two systems on the films that both scored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.errors import DataSetError
from cxr_core.evaluation.store import Evaluation, split_in_words
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.metrics.comparison import Difference, McNemar, delong_paired, mcnemar
from cxr_core.metrics.estimate_text import in_short
from cxr_core.metrics.scores import Scores


@dataclass(frozen=True, eq=False)
class Comparison:
    """a and b: both systems' scores of the same films, in the same order. films: one row each of these, as kept with a.

    difference: AUROC of a minus b (paired DeLong). errors: McNemar's test, each system at its own threshold.
    differ: the films that the two call differently, the largest difference of scores first.
    left_out: films that only one of them scored, or that they label differently.
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
    common = pd.DataFrame({"key": key_a, "place_a": range(len(key_a))}).merge(
        pd.DataFrame({"key": key_b, "place_b": range(len(key_b))}), on="key"
    )
    rows_a, rows_b = a.films.iloc[common["place_a"]], b.films.iloc[common["place_b"]]
    same = rows_a["label"].to_numpy() == rows_b["label"].to_numpy()
    rows_a, rows_b = rows_a[same], rows_b[same]
    if rows_a.empty:
        raise DataSetError(f"comparison: {a.title} and {b.title} have no film in common; two on the same are accepted.")
    labels = (rows_a["label"] == PNEUMONIA).to_numpy(int)
    patients, files = rows_a["patient"].to_numpy(), rows_a["file"].to_numpy()
    one = Scores(labels, rows_a["score"].to_numpy(), patients, files)
    other = Scores(labels, rows_b["score"].to_numpy(), patients, files)
    called_a, called_b = one.called(a.threshold), other.called(b.threshold)
    table = rows_a.assign(
        score_a=one.scores, score_b=other.scores, called_a=_words(called_a), called_b=_words(called_b)
    )[called_a != called_b]
    order = (table["score_a"] - table["score_b"]).abs().sort_values(ascending=False, kind="stable").index
    return Comparison(
        a=one,
        b=other,
        difference=delong_paired(one, other),
        errors=mcnemar(called_a == (labels == 1), called_b == (labels == 1)),
        differ=table.loc[order],
        left_out=len(a.films) + len(b.films) - 2 * len(rows_a),
    )


def names_of(a: Evaluation, b: Evaluation) -> tuple[str, str]:
    """The systems' names; with version and split where one name stands for both."""
    if a.name != b.name:
        return a.name, b.name
    told = [f"{one.name} {one.version[:6]}, {split_in_words(one.split)}" for one in (a, b)]
    return told[0], told[1]


def in_words(found: Comparison, names: tuple[str, str]) -> list[str]:
    """What the comparison says, a sentence each."""
    auroc, errors = found.difference.auroc, found.errors
    return [
        f"{len(found.a):,} films that both scored; {found.left_out:,} rows left out.",
        f"AUROC of {names[0]} minus {names[1]}, paired DeLong: {in_short(auroc.to_dict(), 4)}, "
        f"{p_in_words(found.difference.p_value)}.",
        f"Errors at each one's threshold, McNemar: only {names[0]} right {errors.only_a_right:,}, "
        f"only {names[1]} right {errors.only_b_right:,}, both right {errors.both_right:,}, "
        f"both wrong {errors.both_wrong:,}; exact test, {p_in_words(errors.p_value)}.",
        f"Films on which they differ: {len(found.differ):,}.",
    ]


def p_in_words(value: float | None) -> str:
    """ "p = 0.0312", "p < 0.0001" or "no p-value"."""
    if value is None:
        return "no p-value"
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.4f}"


def _keys(a: Evaluation, b: Evaluation) -> tuple[pd.Series, pd.Series]:
    """What names the films of both: their content, else their path, else their file name; the first that is shared."""
    tried = [
        (a.films["file"], b.films["file"]),
        tuple(one.films["file"].str.replace("\\", "/").str.rsplit("/").str[-1] for one in (a, b)),
    ]
    if "sha256" in a.films and "sha256" in b.films:
        tried.insert(0, (a.films["sha256"], b.films["sha256"]))
    for key_a, key_b in tried:
        unique_a, unique_b = key_a.drop_duplicates(keep=False), key_b.drop_duplicates(keep=False)
        if unique_a.isin(unique_b).any():
            # A name that occurs twice names no film.
            return key_a.where(key_a.isin(unique_a), "?a"), key_b.where(key_b.isin(unique_b), "?b")
    return key_a, key_b


def _words(called: np.ndarray) -> np.ndarray:
    return np.where(called, PNEUMONIA, NORMAL)
