"""What an answer is worth at another hospital, in one sentence, from the estimates by source of a model."""

from collections.abc import Mapping

from cxr_core.metrics.estimate import Estimate
from cxr_core.models.card_sections import CardSource
from cxr_core.models.left_out import LeftOutSource
from cxr_core.models.registry import Model


def worth_elsewhere(model: Model) -> str:
    """Sensitivity and false alarms at the hospital where the model does worst; "" for a card without estimates.

    Best known from a hospital whose films the model was not trained on; else from fits of its recipe that left one of
    its own hospitals out. Without either the sentence says so, and gives the worst of its own.
    """
    card = model.card
    sources = [source for source in card.estimates.by_source if _rates(source.estimates)]
    unseen = [source for source in sources if source.unseen]
    if unseen:
        worst = min(unseen, key=lambda source: sum(_rates(source.estimates)))
        return f"At a hospital it was not trained on ({worst.source}) {_finds(worst.estimates)}{_other(worst)}."
    if left_out := model.left_out:
        return _without(left_out[0])
    start = "Never measured at a hospital it was not trained on"
    if sources:
        worst = min(sources, key=lambda source: sum(_rates(source.estimates)))
        finds = f"{_finds(worst.estimates)}{_other(worst)}"
        return f"{start}: expect less there. At {worst.source}, the harder of its own, {finds}."
    own = card.estimates.values
    return f"{start}: expect less there. On other patients of its own, {_finds(own)}." if _rates(own) else ""


def _rates(estimates: Mapping[str, Estimate]) -> tuple[float, ...]:
    """Sensitivity and specificity; empty if one is missing."""
    found = [estimates[name].value for name in ("sensitivity", "specificity") if name in estimates]
    known = tuple(rate for rate in found if rate is not None)
    return known if len(known) == 2 else ()


def _without(left_out: LeftOutSource) -> str:
    finds = _counts(left_out.sensitivity, left_out.specificity)
    return (
        f"At a hospital it was not trained on, expect less: trained the same way without {left_out.source}, there it "
        f"{finds}."
    )


def _finds(estimates: Mapping[str, Estimate]) -> str:
    sensitivity, specificity = _rates(estimates)
    return f"it {_counts(sensitivity, specificity)}"


def _counts(sensitivity: float, specificity: float) -> str:
    alarms = _count(1 - specificity)
    return f"finds {_count(sensitivity)} of 100 and raises a false alarm in {alarms} of 100 normal films"


def _other(source: CardSource) -> str:
    share = source.other_called.value if source.other_called else None
    return "" if share is None else f", and in {_count(share)} of 100 with another disease"


def _count(share: float) -> str:
    """A whole number of 100, rounded against the model where it would be 100 or 0 without being so."""
    number = round(100 * share)
    return "over 99" if number == 100 and share < 1 else "under 1" if number == 0 and share > 0 else str(number)
