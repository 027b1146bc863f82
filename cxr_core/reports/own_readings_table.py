"""A reader's own readings as a CSV, and the truths that come back in one."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args

from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.inference.reader_log import OwnReading, Truth
from cxr_core.inference.reader_summary import model_right, own_right
from cxr_core.languages import message
from cxr_core.limits import read_table
from cxr_core.tables import rows_to_csv

CSV = message("a CSV with sha256,truth is accepted")
COLUMNS = (
    *("at", "sha256", "own", "blind", "seconds", "verdict", "probability_here", "prevalence", "agrees"),
    *("truth", "own_right", "model_right", "probability", "model", "version", "note"),
)


def own_readings_csv(readings: Iterable[OwnReading], truths: Mapping[str, Truth]) -> str:
    """One row a reading, oldest first.

    verdict and probability_here, at prevalence, are the model's answer as it was shown; empty numbers were not stored
    by earlier versions. probability is calibrated where classes are as frequent as on the validation films.
    """
    rows = [
        asdict(one)
        | {
            "agrees": one.agrees,
            "truth": truths.get(one.sha256),
            "own_right": own_right(one, truths),
            "model_right": model_right(one, truths),
            "seconds": one.seconds if one.seconds is None else round(one.seconds, 1),
        }
        for one in readings
    ]
    return rows_to_csv(rows, COLUMNS)


def read_truths(file: Path, readings: Iterable[OwnReading]) -> dict[str, Truth]:
    """The truths of a CSV with `sha256,truth`, such as `own_readings_csv` writes, of films that were read.

    Rows without a truth and films without a reading are passed over. Raises DataSetError for anything else, and if no
    row is left.
    """
    try:
        table = read_table(file)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=file.name, accepted=CSV) from error
    if missing := [name for name in ("sha256", "truth") if name not in table]:
        raise DataSetError(message("has no column {name}", name=missing[0]), thing=file.name, accepted=CSV)
    read = {one.sha256 for one in readings}
    found: dict[str, Truth] = {}
    for row, (sha256, given) in enumerate(zip(table["sha256"], table["truth"], strict=True), start=2):
        truth = given.strip().lower()
        if truth and truth not in get_args(Truth):
            accepted = message("accepted are pneumonia, normal or nothing")
            problem = message("truth {value} in row {row}", value=repr(given[:40]), row=row)
            raise DataSetError(problem, thing=file.name, accepted=accepted)
        if truth and found.setdefault(sha256, cast(Truth, truth)) != truth:
            problem = message("film {sha256} has two truths", sha256=sha256[:12])
            raise DataSetError(problem, thing=file.name, accepted=message("one is accepted"))
    found = {sha256: truth for sha256, truth in found.items() if sha256 in read}
    if not found:
        accepted = message("the rows of films that you have read are accepted")
        problem = message("has no truth of a film that you have read")
        raise DataSetError(problem, thing=file.name, accepted=accepted)
    return found
