"""The sections of a model card, each read from its JSON object by `of`, which raises ValueError with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cxr_core.metrics.estimate import Estimate
from cxr_core.records import Fields


@dataclass(frozen=True)
class CardPoint:
    """An operating point. threshold: on the probability, in [0, 1]. rule: how it was chosen.

    sensitivity, specificity: on the validation films.
    """

    threshold: float
    rule: str
    sensitivity: Estimate
    specificity: Estimate

    @classmethod
    def of(cls, point: Fields) -> Self:
        """Raises ValueError."""
        estimates = (Estimate.of(point.part(name)) for name in ("sensitivity", "specificity"))
        return cls(point.number("threshold"), point.text("rule"), *estimates)


@dataclass(frozen=True)
class SplitPart:
    """The films of a split: their number, their patients, and the number of films by class and by kind."""

    films: int
    patients: int
    classes: Mapping[str, int]
    kinds: Mapping[str, int]

    @classmethod
    def of(cls, part: Fields) -> Self:
        """Raises ValueError."""
        classes, kinds = part.part("classes", optional=True), part.part("kinds", optional=True)
        return cls(part.whole("films"), part.whole("patients", 0), classes.wholes(), kinds.wholes())


@dataclass(frozen=True)
class FlowStep:
    """How many films of the data set were used, or excluded, for what."""

    films: int
    what: str


@dataclass(frozen=True)
class CardTraining:
    """What a model was trained on, as far as the card says; else "", None and empty.

    data: the name of the data set. sources: the films of each of several. fingerprint: of the films. recipe: its name.
    settings: of the recipe, as stored; of these mirrored, pretrained and seed. split: its parts by name. split_sha256:
    of the split table. data_flow: from the data set to the films of each purpose. epochs, best_epoch: counted from 1.
    chosen_by: the metric of the choice.
    """

    data: str
    sources: Mapping[str, SplitPart]
    fingerprint: str
    recipe: str
    settings: Mapping[str, Any]
    mirrored: bool
    pretrained: bool
    seed: int
    split: Mapping[str, SplitPart]
    split_sha256: str
    data_flow: tuple[FlowStep, ...]
    epochs: int | None
    best_epoch: int | None
    chosen_by: str

    @classmethod
    def of(cls, training: Fields) -> Self:
        """Raises ValueError."""
        settings = training.part("settings", optional=True)
        sources, parts = (training.part(key, optional=True).objects_here() for key in ("sources", "split"))
        return cls(
            data=training.optional_text("data") or "",
            sources={name: SplitPart.of(part) for name, part in sources.items()},
            fingerprint=training.optional_text("fingerprint") or "",
            recipe=training.optional_text("recipe") or "",
            settings=settings.values,
            mirrored=settings.flag("flip", False),
            pretrained=(settings.optional_text("pretrained") or "none") != "none",
            seed=settings.whole("seed", 0),
            split={name: SplitPart.of(part) for name, part in parts.items()},
            split_sha256=training.optional_text("split_sha256") or "",
            data_flow=tuple(FlowStep(step.whole("films"), step.text("what")) for step in training.parts("data_flow")),
            epochs=training.optional_whole("epochs"),
            best_epoch=training.optional_whole("best_epoch"),
            chosen_by=training.optional_text("chosen_by") or "",
        )


@dataclass(frozen=True)
class CardSource:
    """A hospital: its films of both classes, and the share of its films of neither class that are called pneumonia.

    unseen: whether the model was not trained on films of it. estimates, clustered: as of `Metrics`, empty without
    films of both classes. other_called: None without films of neither class. other_answered: the share of them that
    gets the answer pneumonia; None if it was not measured.
    """

    source: str
    films: int
    patients: int
    pneumonia: int
    unseen: bool
    estimates: Mapping[str, Estimate]
    clustered: Mapping[str, Estimate]
    other_called: Estimate | None
    other_answered: Estimate | None

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """Raises ValueError."""
        estimates, clustered = (stored.part(key, optional=True).objects_here() for key in ("figures", "clustered"))
        other = stored.optional_part("other")
        answered = other.optional_part("answered") if other else None
        return cls(
            source=stored.text("source"),
            films=stored.whole("films"),
            patients=stored.whole("patients", 0),
            pneumonia=stored.whole("pneumonia", 0),
            unseen=stored.flag("unseen", False),
            estimates={name: Estimate.of(estimate) for name, estimate in estimates.items()},
            clustered={name: Estimate.of(estimate) for name, estimate in clustered.items()},
            other_called=Estimate.of(other.part("share")) if other else None,
            other_answered=Estimate.of(answered) if answered else None,
        )


@dataclass(frozen=True)
class CardEstimates:
    """The estimates on a card, its section `figures`.

    measured_on: the films, in words. values: the estimates by name. by_source: of each hospital, if there are several
    or films of neither class. subgroups: rows of a table as it is shown, or none.
    accesses: how often these films were accessed, a sentence; "" if it is not known.
    """

    measured_on: str
    values: Mapping[str, Estimate]
    by_source: tuple[CardSource, ...]
    subgroups: tuple[Mapping[str, Any], ...]
    accesses: str

    @classmethod
    def of(cls, figures: Fields) -> Self:
        """Raises ValueError."""
        return cls(
            measured_on=figures.text("measured_on"),
            values={name: Estimate.of(estimate) for name, estimate in figures.objects("values").items()},
            by_source=tuple(CardSource.of(source) for source in figures.parts("by_source")),
            subgroups=tuple(row.values for row in figures.parts("subgroups")),
            accesses=figures.optional_text("openings") or "",
        )


@dataclass(frozen=True)
class CardAugmentation:
    """The section `second_look`: the rule of test-time augmentation in words, and its numbers, see that module."""

    rule: str
    slope: float
    intercept: float
    clear: float

    @classmethod
    def of(cls, section: Fields) -> Self:
        """Raises ValueError."""
        numbers = (section.number(name) for name in ("slope", "intercept", "clear"))
        return cls(section.text("rule"), *numbers)


@dataclass(frozen=True)
class CardHeatmap:
    """How heatmaps are computed, in words; slope and intercept of their scale; and whether they may be shown.

    pooling: how the film's logit is made of its cells, "" if it is not known; see `inference.explain.evidence_map`.
    Without slope or intercept it is the card of an earlier version, by whose method none is computed any more.
    """

    method: str
    slope: float | None
    intercept: float | None
    pooling: str
    shown: bool

    @classmethod
    def of(cls, section: Fields) -> Self:
        """Raises ValueError."""
        return cls(
            method=section.text("method"),
            slope=section.optional_number("slope"),
            intercept=section.optional_number("intercept"),
            pooling=section.optional_text("pooling") or "",
            shown=section.flag("shown", True),
        )


@dataclass(frozen=True)
class CardConversion:
    """The network for reading, `model.tflite`: of which `model.keras` (sha256), its own sha256, and its outputs' roles.

    compared_on: the films on which both were compared, in words, "" if not known. largest_logit_difference: on these.
    """

    of_sha256: str
    sha256: str
    outputs: tuple[str, ...]
    compared_on: str
    largest_logit_difference: float

    @classmethod
    def of(cls, section: Fields) -> Self:
        """Raises ValueError."""
        return cls(
            of_sha256=section.text("of"),
            sha256=section.text("sha256"),
            outputs=section.texts("outputs"),
            compared_on=section.optional_text("compared_on") or "",
            largest_logit_difference=section.number("largest_logit_difference", 0.0),
        )
