"""The estimates of one set of films, as `classification.evaluate` computes them and `metrics.json` stores them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from cxr_core.metrics.estimate import Estimate
from cxr_core.records import Fields

_COUNTS = ("films", "pneumonia", "normal", "patients")


class HasEstimates(Protocol):
    """Estimates with plain intervals and, of some, with patient-clustered ones."""

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """By name."""

    @property
    def clustered(self) -> Mapping[str, Estimate]:
        """By name."""


def estimate_to_report(of: HasEstimates, name: str) -> Estimate:
    """The estimate with its patient-clustered interval; with the plain interval where there is no clustered one."""
    clustered = of.clustered.get(name)
    return clustered if clustered and clustered.low is not None else of.estimates[name]


@dataclass(frozen=True)
class Metrics:
    """Estimates of one set of films at one threshold; a film is called pneumonia when its score >= threshold.

    films, pneumonia, normal, patients: counts. draws, seed: of the bootstrap.
    confusion: true_positives, false_positives, true_negatives, false_negatives.
    estimates: proportions with Wilson's interval, auroc with DeLong's, the others with the patient-clustered
    bootstrap's. clustered: the proportions and auroc again, with the patient-clustered bootstrap's interval, which
    remains valid where patients have several films.
    """

    threshold: float
    films: int
    pneumonia: int
    normal: int
    patients: int
    draws: int
    seed: int
    confusion: dict[str, int]
    estimates: dict[str, Estimate]
    clustered: dict[str, Estimate]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without NaN; `estimates` has the key "figures"."""
        counts = {name: getattr(self, name) for name in ("threshold", *_COUNTS)}
        return counts | {
            "draws": self.draws,
            "seed": self.seed,
            "confusion": self.confusion,
            "figures": {name: estimate.to_dict() for name, estimate in self.estimates.items()},
            "clustered": {name: estimate.to_dict() for name, estimate in self.clustered.items()},
        }

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """What `to_dict` wrote, among other keys. Raises ValueError."""
        estimates, clustered = stored.objects("figures"), stored.part("clustered", optional=True).objects_here()
        return cls(
            threshold=stored.number("threshold"),
            **{name: stored.whole(name) for name in _COUNTS},
            draws=stored.whole("draws", 0),
            seed=stored.whole("seed", 0),
            confusion=stored.part("confusion", optional=True).wholes(),
            estimates={name: Estimate.of(estimate) for name, estimate in estimates.items()},
            clustered={name: Estimate.of(estimate) for name, estimate in clustered.items()},
        )
