"""Shadow mode: what the node read without showing it, compared with the radiologists' reports."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.errors import DataSetError, UnusableFile
from cxr_core.evaluation.run import evaluate_table
from cxr_core.evaluation.site import SiteAcceptance, accept_evaluation
from cxr_core.hospital.ward.store import Ward, WardFilm
from cxr_core.labels import NORMAL, PNEUMONIA
from cxr_core.limits import TABLE_ROWS, read_table
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model

LABELS = {NORMAL: NORMAL, PNEUMONIA: PNEUMONIA, "0": NORMAL, "1": PNEUMONIA}


@dataclass(frozen=True, eq=False)
class Comparison:
    """The evaluation and the site acceptance of one model. unread: reports of films that were not read in shadow mode.

    unreported: films that were read and have no report.
    """

    site: SiteAcceptance
    unread: int
    unreported: int

    @property
    def sentence(self) -> str:
        """How many films were compared, and how many could not be."""
        return (
            f"{len(self.site.evaluation.films):,} films compared; {self.unread:,} reports without a film, "
            f"{self.unreported:,} films without a report."
        )


def read_reports(file: Path) -> dict[str, str]:
    """The label, NORMAL or PNEUMONIA, of each accession number in a CSV with `accession,label`.

    Raises DataSetError with the first row that cannot be used, also for an accession number with two labels.
    """
    try:
        table = read_table(file, TABLE_ROWS)
    except UnusableFile as error:
        raise _refused(file, error.problem) from error
    missing = [name for name in ("accession", "label") if name not in table.columns]
    if missing:
        raise _refused(file, f"has the columns {', '.join(table.columns)} and no {missing[0]}")
    found: dict[str, str] = {}
    for row, (accession, given) in enumerate(zip(table["accession"], table["label"], strict=True), start=1):
        key, label = accession.strip(), LABELS.get(given.strip().upper())
        if not key:
            raise _refused(file, f"row {row} has no accession number")
        if label is None:
            raise _refused(file, f"row {row} has the label {given!r}")
        if found.setdefault(key, label) != label:
            raise _refused(file, f"row {row} gives an accession number a second label")
    if not found:
        raise _refused(file, "has no row")
    return found


def compare_with_reports(ward: Ward, model: Model, file: Path) -> Comparison:
    """Evaluate the model's readings in shadow mode by radiologists' reports, and judge it as at a site, in one step.

    The evaluation is stored under the name of the file. Raises DataSetError if no report is of a film that was read, or
    the films are not of both classes.
    """
    reports = read_reports(file)
    films = [film for film in ward.in_shadow() if film.arrival.version == model.version]
    reported = [film for film in films if film.arrival.identity.accession in reports]
    if not reported:
        raise DataSetError(
            f"none of its {len(reports):,} reports is of the {len(films):,} films that were read in shadow mode",
            thing=file.name,
        )
    read = {film.arrival.identity.accession for film in reported}
    evaluation = evaluate_table(model, _table(reported, reports, model), file.name)
    return Comparison(accept_evaluation(evaluation, model), len(reports.keys() - read), len(films) - len(reported))


def _table(films: list[WardFilm], reports: dict[str, str], model: Model) -> pd.DataFrame:
    """The columns of `Evaluation.films`, of the films that the network saw.

    A film is named by its key, and its patient by the pseudonym.
    """
    arrivals = [film.arrival for film in films if film.arrival.measured.logit is not None]
    measured = [arrival.measured for arrival in arrivals]
    logits = np.array([one.logit for one in measured], np.float64)
    platt = Platt(model.card.slope, model.card.intercept)
    threshold = model.card.operating_points[model.card.operating_point].threshold
    scores = platt.probability(logits)
    return pd.DataFrame(
        {
            "file": [arrival.key for arrival in arrivals],
            "label": [reports[arrival.identity.accession] for arrival in arrivals],
            "score": scores,
            "patient": [arrival.identity.pseudonym or arrival.key for arrival in arrivals],
            "sha256": [arrival.sha256 for arrival in arrivals],
            "logit": logits,
            "called": np.where(scores >= threshold, PNEUMONIA, NORMAL),
            "verdict": [one.verdict for one in measured],
            "contrast": [one.contrast for one in measured],
            "manufacturer": [one.manufacturer for one in measured],
        }
    )


def _refused(file: Path, problem: str) -> DataSetError:
    return DataSetError(
        problem, thing=file.name, accepted="a CSV with accession,label is accepted, label NORMAL or PNEUMONIA"
    )
