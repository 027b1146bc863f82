"""The figures of a run's batches, `batches.csv`: about a hundred rows an epoch, the first one after the first batch."""

import csv
import logging
from collections.abc import Mapping

import pandas as pd

from cxr_core.files import replace_atomically
from cxr_core.training.runs import BATCHES, Run

ROWS_AN_EPOCH = 100
_MEANS = ("loss", "accuracy")
_logger = logging.getLogger(__name__)


class BatchHistory:
    """Appends to the file, from the process that fits the run. A disk that is full does not end the fit."""

    def __init__(self, run: Run) -> None:
        self._file = run.folder / "batches.csv"
        self._written = 0

    def begin(self, epoch: int) -> None:
        """Begin an epoch, counted from 1: its rows and later ones, of an interrupted fit, are removed."""
        self._written = 0
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
            earlier = [line for line in lines[1:] if line.split(",")[0].isdecimal() and int(line.split(",")[0]) < epoch]
            if [",".join(BATCHES), *earlier] != lines:
                with replace_atomically(self._file) as part:
                    part.write_text("\n".join([",".join(BATCHES), *earlier, ""]), encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            _logger.warning("the history of batches cannot be begun")

    def add(self, epoch: int, step: int, steps: int, means: Mapping[str, float]) -> None:
        """Add a row if it is the epoch's first or a hundredth of the epoch has passed.

        epoch, step: counted from 1, of `steps`. means: of the batches of this epoch so far.
        """
        if self._written and step * ROWS_AN_EPOCH // steps == self._written * ROWS_AN_EPOCH // steps:
            return
        self._written = step
        try:
            with self._file.open("a", newline="", encoding="utf-8") as table:
                csv.writer(table).writerow([epoch, step, steps, *(means.get(name, "") for name in BATCHES[3:])])
        except OSError:
            _logger.warning("the figures of a batch cannot be stored")


def batch_history(run: Run) -> pd.DataFrame:
    """One row for each that was stored, empty before the first batch has ended and if the file is damaged.

    epoch: where the row stands on the axis of epochs, 0.25 for a quarter of the first. loss, accuracy: mean of the
    batches since the row before. auc: of the epoch's films so far.
    """
    rows = run.batches()
    rows = rows[(rows[["step", "steps"]] > 0).all(axis=1)]
    if rows.empty:
        return pd.DataFrame(columns=["epoch", *_MEANS, "auc"])
    before = rows.groupby("epoch").shift(fill_value=0)
    batches = (rows["step"] - before["step"]).clip(lower=1)
    found = {"epoch": rows["epoch"] - 1 + rows["step"] / rows["steps"]}
    for name in _MEANS:
        found[name] = (rows[name] * rows["step"] - before[name] * before["step"]) / batches
    return pd.DataFrame(found | {"auc": rows["auc"]})
