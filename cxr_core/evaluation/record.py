"""The stored estimates of an evaluation, `metrics.json`, checked when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.models.card import check_estimate
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class EvaluationRecord(Record):
    """The estimates of a system's scores.

    name, version: of the system. data, fingerprint, films_fingerprint: of the films; the latter "" if it is not known.
    when: ISO 8601, UTC. films: their number. figures: the estimates by name. operating_points: the card's thresholds.
    scores_sha256: of the CSV beside it; None for one of an earlier version.
    """

    what: ClassVar[str] = "a stored evaluation"
    name: str
    version: str
    data: str
    fingerprint: str
    films_fingerprint: str
    split: str
    when: str
    threshold: float
    films: int
    figures: Mapping[str, Mapping[str, Any]]
    operating_points: Mapping[str, float]
    scores_sha256: str | None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The record of a JSON object. Raises ValueError."""
        fields = Fields(values)
        system, data = fields.part("model"), fields.part("data")
        figures = fields.objects("figures")
        for part in (*figures.values(), *fields.part("clustered", optional=True).objects_here().values()):
            check_estimate(part)
        points = fields.part("operating_points", optional=True)
        _check_optional_sections(fields)
        return cls(
            content=values,
            name=system.text("name"),
            version=system.text("version"),
            data=data.text("name"),
            fingerprint=data.text("fingerprint"),
            films_fingerprint=data.optional_text("films_fingerprint") or "",
            split=fields.text("split"),
            when=fields.text("when"),
            threshold=fields.number("threshold"),
            films=fields.whole("films"),
            figures={name: estimate.values for name, estimate in figures.items()},
            operating_points={name: points.number(name) for name in points.values},
            scores_sha256=fields.optional_text("scores_sha256"),
        )


def _check_optional_sections(fields: Fields) -> None:
    overlap = fields.part("seen_in_training", optional=True)
    overlap.optional_text("warning")
    for key in ("trained_on", "validated_on", "siblings"):
        overlap.whole(key, 0)
    fields.part("test_ledger", optional=True).optional_text("sentence")
    for name, estimate in fields.part("without_contested", optional=True).part("figures", optional=True).values.items():
        check_estimate(Fields(estimate, f"without_contested.figures.{name}."))
