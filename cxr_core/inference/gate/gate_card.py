"""The card of the gate, `card.json` in its folder: its classes and limits, and how its network was converted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.models.card_sections import CardConversion
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class GateCard(Record):
    """sha256: of the network, as fitted. classes: of the network, in its order, the admitted one first.

    min_probability: of a frontal film, in [0, 1]. max_distance: from the training films, see `Admission.distance`.
    conversion: None for a gate that is not converted for reading. age_limits: see `AgeGroups`, `child_to` and
    `adult_from` in years; None for a gate that does not tell ages. refused_others: the estimates of other pictures by
    kind, JSON objects as `Estimate.to_dict` gives them.
    """

    what: ClassVar[str] = "the card of a gate"
    sha256: str
    classes: tuple[str, ...]
    min_probability: float
    max_distance: float
    conversion: CardConversion | None
    age_limits: tuple[float, float] | None
    refused_others: Mapping[str, Mapping[str, Any]]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The card of a JSON object. Raises ValueError."""
        fields = Fields(values)
        limits, conversion = fields.part("limits"), fields.optional_part("conversion")
        ages = fields.optional_part("age_groups")
        others = fields.part("figures", optional=True).part("others", optional=True).objects_here()
        return cls(
            content=values,
            sha256=fields.text("sha256"),
            classes=fields.texts("classes"),
            min_probability=limits.number("min_probability"),
            max_distance=limits.number("max_distance"),
            conversion=CardConversion.of(conversion) if conversion else None,
            age_limits=(ages.number("child_to"), ages.number("adult_from")) if ages else None,
            refused_others={kind: other.values for kind, other in others.items()},
        )
