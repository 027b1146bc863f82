"""What a recipe is worth at a hospital that it was fitted without, from the table that `cxr folds` writes."""

import csv
import io
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cxr_core.errors import CXRError
from cxr_core.limits import read_bytes

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeftOutSource:
    """A hospital that a fit of the model's recipe has seen no film of.

    films: of its films of both classes. auroc, sensitivity, specificity: of that fit on them, in [0, 1].
    """

    source: str
    films: int
    auroc: float
    sensitivity: float
    specificity: float

    @classmethod
    def of(cls, row: dict[str, str]) -> Self:
        """From a row of the table. Raises ValueError or KeyError."""
        auroc, sensitivity, specificity = (float(row[name]) for name in ("auroc", "sensitivity", "specificity"))
        if not all(0 <= value <= 1 for value in (auroc, sensitivity, specificity)):
            raise ValueError(row["source"])
        return cls(row["source"], int(row["films"]), auroc, sensitivity, specificity)


def left_out_sources(file: Path) -> tuple[LeftOutSource, ...]:
    """The hospitals of `sources.csv`, by `cxr folds --leave-one-source-out`, the worst first.

    None without the file, or if it cannot be read, which is logged.
    """
    if not file.exists():
        return ()
    try:
        rows = csv.DictReader(io.StringIO(read_bytes(file).decode()))
        sources = [LeftOutSource.of(row) for row in rows]
    except (CXRError, OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        _logger.warning("A table of left-out sources is passed over (%s).", type(error).__name__)
        return ()
    return tuple(sorted(sources, key=lambda one: one.sensitivity + one.specificity))
