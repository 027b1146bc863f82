"""The stored estimates of an evaluation, `metrics.json`, checked when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.evaluation.answers import Answers
from cxr_core.evaluation.overlap import Overlap
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class EvaluationRecord(Record):
    """The estimates of a system's scores, and what is known of system and films.

    name, version: of the system. of_model: whether it is a model of this app, not another system's scores.
    data, fingerprint, films_fingerprint: of the films; the latter "" if it is not known. when: ISO 8601, UTC.
    decisions: a sentence on films that people excluded or relabelled, or "".
    operating_points: the card's thresholds. by_source: estimates of each source, as they are copied to a card.
    overlap: with the model's training; None: not computed. accesses: how often the test films were accessed, a
    sentence, or "". without_contested: the estimates without contested films; None: there are none.
    comparison: with another system, in sentences. passed_over: files that could not be read, in sentences.
    scores_sha256: of the CSV beside it; None for one of an earlier version.
    """

    what: ClassVar[str] = "a stored evaluation"
    name: str
    version: str
    of_model: bool
    data: str
    fingerprint: str
    films_fingerprint: str
    decisions: str
    split: str
    when: str
    metrics: Metrics
    operating_points: Mapping[str, float]
    by_source: tuple[Mapping[str, Any], ...]
    answers: Answers | None
    overlap: Overlap | None
    accesses: str
    without_contested: Metrics | None
    comparison: tuple[str, ...]
    passed_over: tuple[str, ...]
    scores_sha256: str | None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The record of a JSON object. Raises ValueError."""
        fields = Fields(values)
        system, data = fields.part("model"), fields.part("data")
        points, contested = fields.part("operating_points", optional=True), fields.optional_part("without_contested")
        answers, overlap = fields.optional_part("answers"), fields.optional_part("seen_in_training")
        return cls(
            content=values,
            name=system.text("name"),
            version=system.text("version"),
            of_model=system.optional_text("source") != "csv",
            data=data.text("name"),
            fingerprint=data.text("fingerprint"),
            films_fingerprint=data.optional_text("films_fingerprint") or "",
            decisions=data.optional_text("decisions") or "",
            split=fields.text("split"),
            when=fields.text("when"),
            metrics=Metrics.of(fields),
            operating_points={name: points.number(name) for name in points.values},
            by_source=tuple(source.values for source in fields.parts("by_source")),
            answers=Answers.of(answers) if answers else None,
            overlap=Overlap.of(overlap) if overlap else None,
            accesses=fields.part("test_ledger", optional=True).optional_text("sentence") or "",
            without_contested=Metrics.of(contested) if contested else None,
            comparison=fields.part("comparison", optional=True).texts("in_words", optional=True),
            passed_over=fields.texts("passed_over", optional=True),
            scores_sha256=fields.optional_text("scores_sha256"),
        )

    def renamed(self, name: str) -> Self:
        """The record with the system's name as it is now."""
        return self if name == self.name else self.changed(model=self.content["model"] | {"name": name})

    def about(self) -> dict[str, Any]:
        """JSON-ready: the system, the films and the time."""
        return {key: self.content[key] for key in ("model", "data", "when")}
