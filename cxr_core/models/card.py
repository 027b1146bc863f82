"""The card of a model: what is known of it, in `card.json` of its folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.metrics.natural_frequencies import Frequency
from cxr_core.models.card_sections import (
    CardAugmentation,
    CardConversion,
    CardEstimates,
    CardHeatmap,
    CardPoint,
    CardTraining,
)
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class ModelCard(Record):
    """`card.json`.

    sha256: of `model.keras`, 64 hexadecimal digits. created: ISO 8601, UTC. made_with: the software, "" if not known.
    preprocessing: the arguments of `Preprocessing`. input_scaling: of the grey values, in words. slope, intercept: from
    logit to the logit of the calibrated probability. calibrated_at: the share of pneumonia among the films of that
    calibration. prevalence: the default of what the reader states. operating_point: the default of `operating_points`.
    error_rate: the default of `limits_by_error_rate`. other_to: the probability up to which a film may as well show
    another disease. max_spread: of the probability over augmented views. clear: how near to 0 or 1 a film's first views
    are if it is not shifted. frequencies: by rising score.
    population_years: the ages of the training films, youngest and oldest.
    None: this card does not have it.
    """

    what: ClassVar[str] = "a model card"
    sha256: str
    summary: str
    created: str
    made_with: str
    licence: str
    intended_use: str
    not_for: tuple[str, ...]
    limits: tuple[str, ...]
    classes: tuple[str, ...]
    preprocessing: Mapping[str, Any]
    input_scaling: str
    slope: float
    intercept: float
    calibrated_at: float | None
    prevalence: float | None
    operating_point: str
    operating_points: Mapping[str, CardPoint]
    error_rate: float
    limits_by_error_rate: Mapping[float, ConformalLimits]
    other_to: float | None
    training: CardTraining
    estimates: CardEstimates
    augmentation: CardAugmentation | None
    heatmap: CardHeatmap | None
    conversion: CardConversion | None
    max_spread: float | None
    clear: float | None
    frequencies: tuple[Frequency, ...]
    population_years: tuple[float, float] | None

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
        conformal, calibration = fields.part("conformal"), fields.part("calibration")
        platt, given = calibration.part("parameters"), fields.part("input")
        limits = {
            _rate(rate): ConformalLimits(one.number("pneumonia_from"), one.number("normal_to"))
            for rate, one in conformal.objects("limits_by_error_rate").items()
        }
        if conformal.number("error_rate") not in limits:
            raise ValueError("conformal.error_rate is not one of conformal.limits_by_error_rate")
        augmentation, heatmap = fields.optional_part("second_look"), fields.optional_part("heatmap")
        stability = fields.part("stability", optional=True)
        conversion, population = fields.optional_part("conversion"), fields.optional_part("population")
        return cls(
            content=values,
            sha256=sha256,
            summary=fields.text("summary"),
            created=fields.text("created"),
            made_with=fields.optional_text("made_with") or "",
            licence=fields.text("licence"),
            intended_use=fields.text("intended_use"),
            not_for=fields.texts("not_for"),
            limits=fields.texts("limits"),
            classes=fields.texts("classes"),
            preprocessing=_preprocessing(given.part("preprocessing")),
            input_scaling=given.optional_text("scaling") or "",
            slope=platt.number("slope"),
            intercept=platt.number("intercept"),
            calibrated_at=calibration.optional_number("prevalence"),
            prevalence=fields.optional_number("prevalence"),
            operating_point=fields.text("operating_point"),
            operating_points=points,
            error_rate=conformal.number("error_rate"),
            limits_by_error_rate=limits,
            other_to=fields.part("other_disease", optional=True).optional_number("pneumonia_above"),
            training=CardTraining.of(fields.part("training", optional=True)),
            estimates=CardEstimates.of(fields.part("figures")),
            augmentation=CardAugmentation.of(augmentation) if augmentation else None,
            heatmap=CardHeatmap.of(heatmap) if heatmap else None,
            conversion=CardConversion.of(conversion) if conversion else None,
            max_spread=stability.optional_number("max_spread"),
            clear=stability.optional_number("clear"),
            frequencies=tuple(Frequency.of(row) for row in fields.parts("frequencies")),
            population_years=_years(population) if population else None,
        )


def _preprocessing(part: Fields) -> dict[str, Any]:
    part.whole("size"), part.text("contrast")
    part.optional_text("resize"), part.optional_number("smoothing")
    return part.values


def _years(population: Fields) -> tuple[float, float] | None:
    years = population.numbers("years")
    if years and len(years) != 2:
        raise ValueError("population.years is not the youngest and the oldest")
    return (years[0], years[1]) if years else None


def _rate(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"conformal.limits_by_error_rate has the rate {text!r}, not a number") from error
