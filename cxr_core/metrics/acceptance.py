"""The result of a site acceptance, as it is computed, stored and read again."""

from dataclasses import dataclass, fields
from typing import Any, Self

from cxr_core.metrics.estimate import Estimate
from cxr_core.records import Fields

MARGIN = 0.1
"""By how much sensitivity, and specificity, may be lower here than as released: the margin of non-inferiority."""
VERDICTS = ("fit", "fit after recalibration", "not fit", "too few films")


@dataclass(frozen=True)
class SitePoint:
    """An operating point on the site's films, as released and after recalibration.

    holds: both rates are shown to be non-inferior, see `site_acceptance.accept`. fails: one is shown to be inferior.
    """

    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    holds: bool
    fails: bool
    recalibrated: Estimate
    sensitivity_after: Estimate
    specificity_after: Estimate
    holds_after: bool
    fails_after: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value.to_dict() if isinstance(value, Estimate) else value for name, value in values.items()}

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The point that `to_dict` wrote. Raises ValueError for anything else."""
        return cls(
            threshold=stored.number("threshold"),
            sensitivity=Estimate.of(stored.part("sensitivity")),
            specificity=Estimate.of(stored.part("specificity")),
            holds=stored.flag("holds", False),
            fails=stored.flag("fails", False),
            recalibrated=Estimate.of(stored.part("recalibrated")),
            sensitivity_after=Estimate.of(stored.part("sensitivity_after")),
            specificity_after=Estimate.of(stored.part("specificity_after")),
            holds_after=stored.flag("holds_after", False),
            fails_after=stored.flag("fails_after", False),
        )


@dataclass(frozen=True)
class Acceptance:
    """The result of a site acceptance. estimates: auroc, calibration_slope, calibration_intercept, ece.

    shift: by how many logits the site's scores are too high. point: the operating point in use, one of `points`.
    more_films: how many more films would halve the interval of each estimate.
    verdict: one of VERDICTS; reasons: one sentence each.
    """

    films: int
    pneumonia: int
    normal: int
    patients: int
    estimates: dict[str, Estimate]
    shift: Estimate
    points: dict[str, SitePoint]
    point: str
    more_films: dict[str, int]
    verdict: str
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN; `estimates` has the key "figures"."""
        return {
            "films": self.films,
            "pneumonia": self.pneumonia,
            "normal": self.normal,
            "patients": self.patients,
            "figures": {name: estimate.to_dict() for name, estimate in self.estimates.items()},
            "shift": self.shift.to_dict(),
            "margin": MARGIN,
            "points": {name: point.to_dict() for name, point in self.points.items()},
            "point": self.point,
            "more_films": self.more_films,
            "verdict": self.verdict,
            "reasons": self.reasons,
        }

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The acceptance that `to_dict` wrote. Raises ValueError for anything else."""
        points = {name: SitePoint.of(point) for name, point in stored.objects("points").items()}
        point, verdict = stored.text("point"), stored.text("verdict")
        if verdict not in VERDICTS:
            raise ValueError(f'verdict is "{verdict}", not one of {", ".join(VERDICTS)}')
        if point not in points:
            raise ValueError(f'point is "{point}", which is not among the points')
        return cls(
            films=stored.whole("films"),
            pneumonia=stored.whole("pneumonia"),
            normal=stored.whole("normal"),
            patients=stored.whole("patients"),
            estimates={name: Estimate.of(one) for name, one in stored.objects("figures").items()},
            shift=Estimate.of(stored.part("shift")),
            points=points,
            point=point,
            more_films=stored.part("more_films").wholes(),
            verdict=verdict,
            reasons=stored.texts("reasons"),
        )
