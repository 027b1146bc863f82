"""The card of a model: what is known of it, in `card.json` of its folder.

What the app reads is a field. Sections that one module alone reads, or that a later version has added, are read as of a
dictionary: `card.get("stability", {})`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class CardPoint:
    """An operating point on a card. threshold: on the probability, in [0, 1]. rule: how it was chosen.

    estimates: `sensitivity` and `specificity` on the validation films, each with value, low, high and n.
    """

    threshold: float
    rule: str
    estimates: Mapping[str, Any]

    @classmethod
    def of(cls, point: Fields) -> Self:
        """Raises ValueError."""
        for name in ("sensitivity", "specificity"):
            check_estimate(point.part(name))
        return cls(point.number("threshold"), point.text("rule"), point.values)


@dataclass(frozen=True)
class CardTraining:
    """What a model was trained on, as far as the card says; else "" and empty.

    data: the name of the data set. fingerprint: of its films. settings: of the recipe. split_sha256: of the split
    table. data_flow: how many films were used for what, each with `films` and `what`.
    """

    data: str
    fingerprint: str
    settings: Mapping[str, Any]
    split_sha256: str
    data_flow: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, training: Fields) -> Self:
        """Raises ValueError."""
        flow = training.parts("data_flow")
        for step in flow:
            step.whole("films"), step.text("what")
        return cls(
            data=training.optional_text("data") or "",
            fingerprint=training.optional_text("fingerprint") or "",
            settings=training.part("settings", optional=True).values,
            split_sha256=training.optional_text("split_sha256") or "",
            data_flow=tuple(step.values for step in flow),
        )


@dataclass(frozen=True)
class CardEstimates:
    """The estimates on a card, its section `figures`.

    measured_on: the films, in words. values: the estimates by name. subgroups: a row of texts for each, or none.
    accesses: how often these films were accessed, a sentence; "" if it is not known.
    """

    measured_on: str
    values: Mapping[str, Mapping[str, Any]]
    subgroups: tuple[Mapping[str, Any], ...]
    accesses: str

    @classmethod
    def of(cls, figures: Fields) -> Self:
        """Raises ValueError."""
        estimates = figures.objects("values")
        for estimate in estimates.values():
            check_estimate(estimate)
        return cls(
            measured_on=figures.text("measured_on"),
            values={name: estimate.values for name, estimate in estimates.items()},
            subgroups=tuple(row.values for row in figures.parts("subgroups")),
            accesses=figures.optional_text("openings") or "",
        )


@dataclass(frozen=True)
class ModelCard(Record):
    """`card.json`.

    sha256: of `model.keras`, 64 hexadecimal digits. created: ISO 8601, UTC. preprocessing: the arguments of
    `Preprocessing`. slope, intercept: from logit to the logit of the calibrated probability. operating_point: the
    default of `operating_points`. error_rate: the default of `limits_by_error_rate`.
    """

    what: ClassVar[str] = "a model card"
    sha256: str
    summary: str
    created: str
    licence: str
    intended_use: str
    not_for: tuple[str, ...]
    limits: tuple[str, ...]
    classes: tuple[str, ...]
    preprocessing: Mapping[str, Any]
    slope: float
    intercept: float
    operating_point: str
    operating_points: Mapping[str, CardPoint]
    error_rate: float
    limits_by_error_rate: Mapping[float, ConformalLimits]
    training: CardTraining
    estimates: CardEstimates

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The card of a JSON object. Raises ValueError."""
        fields = Fields(values)
        sha256 = fields.text("sha256")
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("sha256 is not 64 hexadecimal digits")
        points = {name: CardPoint.of(point) for name, point in fields.objects("operating_points").items()}
        if fields.text("operating_point") not in points:
            raise ValueError("operating_point is not one of operating_points")
        conformal, calibration = fields.part("conformal"), fields.part("calibration").part("parameters")
        limits = {
            _rate(rate): ConformalLimits(one.number("pneumonia_from"), one.number("normal_to"))
            for rate, one in conformal.objects("limits_by_error_rate").items()
        }
        if conformal.number("error_rate") not in limits:
            raise ValueError("conformal.error_rate is not one of conformal.limits_by_error_rate")
        _check_optional_sections(fields)
        return cls(
            content=values,
            sha256=sha256,
            summary=fields.text("summary"),
            created=fields.text("created"),
            licence=fields.text("licence"),
            intended_use=fields.text("intended_use"),
            not_for=fields.texts("not_for"),
            limits=fields.texts("limits"),
            classes=fields.texts("classes"),
            preprocessing=_preprocessing(fields.part("input").part("preprocessing")),
            slope=calibration.number("slope"),
            intercept=calibration.number("intercept"),
            operating_point=fields.text("operating_point"),
            operating_points=points,
            error_rate=conformal.number("error_rate"),
            limits_by_error_rate=limits,
            training=CardTraining.of(fields.part("training", optional=True)),
            estimates=CardEstimates.of(fields.part("figures")),
        )


class CardDraft(dict[str, Any]):
    """The sections of a card while its model is being published, or of a test: sections may be missing and are added.

    The fields of `ModelCard` are read from it once all of its sections are there; `sha256` and `training` before that.
    """

    @property
    def sha256(self) -> str:
        """The sha256 of `model.keras`."""
        return str(self["sha256"])

    @property
    def training(self) -> CardTraining:
        """What the model was trained on, as far as the draft says. Raises ValueError."""
        return CardTraining.of(Fields(self).part("training", optional=True))

    def __getattr__(self, name: str) -> Any:
        if name not in ModelCard.__dataclass_fields__:
            raise AttributeError(name)
        return getattr(ModelCard.from_dict(self), name)

    def to_dict(self) -> dict[str, Any]:
        """The card, checked, as it is written. Raises ValueError."""
        return ModelCard.from_dict(dict(self)).to_dict()


def check_estimate(estimate: Fields) -> None:
    """Raises ValueError unless the object is an estimate: value, low and high are numbers or null, n a whole number."""
    for key in ("value", "low", "high"):
        estimate.optional_number(key)
    estimate.whole("n")
    estimate.optional_text("method"), estimate.optional_text("why")


def _check_optional_sections(fields: Fields) -> None:
    fields.part("stability", optional=True).optional_number("max_spread")
    if "second_look" in fields.values:
        averaging = fields.part("second_look")
        averaging.number("slope"), averaging.number("intercept"), averaging.number("clear"), averaging.text("rule")
    if "heatmap" in fields.values:
        fields.part("heatmap").text("method"), fields.part("heatmap").optional_text("sha256")
    if "conversion" in fields.values:
        conversion = fields.part("conversion")
        conversion.text("of"), conversion.text("sha256"), conversion.texts("outputs")


def _preprocessing(part: Fields) -> dict[str, Any]:
    part.whole("size"), part.text("contrast")
    part.optional_text("resize"), part.optional_number("smoothing")
    return part.values


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"conformal.limits_by_error_rate has the rate {text!r}, not a number") from error
