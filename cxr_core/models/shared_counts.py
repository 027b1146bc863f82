"""What a hospital may share of its site acceptance: counts, histograms and estimates; no film, no name, no patient.

The file says how many films of each class the model called right, and how its probabilities are spread. Counts of fewer
than MIN_FILMS films, or of fewer than MIN_PER_CLASS films or patients of a class, are not shared, and no cell of a
histogram holds between 1 and LEAST_CELL - 1 films. There are no subgroups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from cxr_core.errors import CXRError, DataSetError, SettingsError
from cxr_core.limits import read_bytes
from cxr_core.metrics.acceptance import VERDICTS, Acceptance
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import Model, check_name
from cxr_core.records import Fields, Record

MIN_FILMS, MIN_PER_CLASS, LEAST_CELL = 50, 10, 5
BINS = 20
FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class PointCounts:
    """How many films of each class an operating point called right, and its rates with intervals by patient."""

    threshold: float
    true_positives: int
    true_negatives: int
    sensitivity: Estimate
    specificity: Estimate

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The counts that `SharedCounts.of` stored. Raises ValueError for anything else."""
        rates = (Estimate.of(stored.part(name)) for name in ("sensitivity", "specificity"))
        return cls(stored.number("threshold"), stored.whole("true_positives"), stored.whole("true_negatives"), *rates)


@dataclass(frozen=True)
class SharedCounts(Record):
    """A site acceptance as it is shared. site: the name under which the hospital shares it. when: a day, ISO 8601.

    points: by name of the operating point, `point` the one in use.
    """

    what: ClassVar[str] = "counts that a site has shared"
    site: str
    model: str
    version: str
    when: str
    films: int
    pneumonia: int
    normal: int
    patients: int
    verdict: str
    auroc: Estimate
    point: str
    points: Mapping[str, PointCounts]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The counts of a JSON object. Raises ValueError."""
        fields = Fields(values)
        site, verdict, point = (fields.text(name) for name in ("site", "verdict", "point"))
        try:
            check_name(site)
        except CXRError as error:
            raise ValueError("site is not a name of letters, digits, dots and dashes") from error
        points = {name: PointCounts.of(one) for name, one in fields.objects("points").items()}
        pneumonia, normal, films = (fields.whole(name) for name in ("pneumonia", "normal", "films"))
        if films != pneumonia + normal:
            raise ValueError("films is not the sum of pneumonia and normal")
        if verdict not in VERDICTS or point not in points:
            raise ValueError("verdict or point is not one that there is")
        for one in points.values():
            if not (0 <= one.true_positives <= pneumonia and 0 <= one.true_negatives <= normal):
                raise ValueError("an operating point calls more films right than there are")
        return cls(
            content=values,
            site=site,
            model=fields.text("model"),
            version=fields.text("version"),
            when=fields.text("when"),
            films=films,
            pneumonia=pneumonia,
            normal=normal,
            patients=fields.whole("patients"),
            verdict=verdict,
            auroc=Estimate.of(fields.part("auroc")),
            point=point,
            points=points,
        )


def shared_counts(acceptance: Acceptance, scores: Scores, model: Model, site: str, when: str) -> SharedCounts:
    """What may be shared of a site acceptance.

    scores: of the site's films. site: a name without spaces, under which it is shared. when: of the acceptance, ISO
    8601. Raises SettingsError for another name, and for too few films or patients.
    """
    check_name(site)
    fewest = min(len(np.unique(scores.patients[scores.labels == label])) for label in (0, 1))
    if acceptance.films < MIN_FILMS or min(acceptance.pneumonia, acceptance.normal, fewest) < MIN_PER_CLASS:
        raise SettingsError(
            f"{acceptance.films:,} films, {acceptance.pneumonia:,} with pneumonia and {acceptance.normal:,} normal, of "
            f"{fewest:,} patients in the rarer class",
            thing=f"site {site!r}",
            accepted=f"counts of at least {MIN_FILMS} films, and {MIN_PER_CLASS} films and patients of each class, are "
            "shared",
        )
    points = {}
    for name, point in acceptance.points.items():
        called, sick = scores.called(point.threshold), scores.labels == 1
        points[name] = {
            "threshold": point.threshold,
            "true_positives": int((called & sick).sum()),
            "true_negatives": int((~called & ~sick).sum()),
            "sensitivity": point.sensitivity.to_dict(),
            "specificity": point.specificity.to_dict(),
        }
    return SharedCounts.from_dict(
        {
            "site": site,
            "model": model.name,
            "version": model.version,
            "when": when[:10],
            "films": acceptance.films,
            "pneumonia": acceptance.pneumonia,
            "normal": acceptance.normal,
            "patients": acceptance.patients,
            "verdict": acceptance.verdict,
            "auroc": acceptance.estimates["auroc"].to_dict(),
            "point": acceptance.point,
            "points": points,
            "histograms": {
                name: histogram(scores.scores[scores.labels == label])
                for label, name in ((1, "pneumonia"), (0, "normal"))
            },
        }
    )


def histogram(probabilities: np.ndarray) -> dict[str, list[float] | list[int]]:
    """How probabilities, `float64 (N,)` in [0, 1], are spread: `edges` of cells and the `films` in each.

    BINS cells of equal width, joined with the next one until they hold LEAST_CELL films; the rest joins the last.
    """
    counts, edges = np.histogram(probabilities, BINS, (0, 1))
    films: list[int] = []
    ends: list[float] = []
    waiting = 0
    for count, end in zip(counts.tolist(), edges[1:].tolist(), strict=True):
        waiting += count
        if waiting >= LEAST_CELL:
            films.append(waiting)
            ends.append(round(end, 6))
            waiting = 0
    if waiting and films:
        films[-1] += waiting
    return {"edges": [0.0, *ends[:-1], 1.0], "films": films or [waiting]}


def read_shared_counts(files: Sequence[Path]) -> list[SharedCounts]:
    """The counts that hospitals have shared, each in a file of its own, by site.

    Raises DataSetError for a file that is none, for two of one site, and for two models.
    """
    sites: dict[str, SharedCounts] = {}
    for file in files:
        try:
            read_bytes(file, FILE_BYTES)
            shared = SharedCounts.read(file)
        except CXRError as error:
            accepted = "a file that `evaluate --accept --share` wrote is accepted"
            raise DataSetError("does not hold a site's shared counts", thing=file.name, accepted=accepted) from error
        if shared.site in sites:
            accepted = "one file a site is accepted"
            raise DataSetError(f"is of site {shared.site} like another file", thing=file.name, accepted=accepted)
        first = next(iter(sites.values()), shared)
        if (shared.model, shared.version) != (first.model, first.version):
            raise DataSetError(
                f"is of model {shared.model} {shared.version}, another file of {first.model} {first.version}",
                thing=file.name,
                accepted="files of one model are accepted",
            )
        sites[shared.site] = shared
    return [sites[name] for name in sorted(sites)]
