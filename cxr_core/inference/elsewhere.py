"""What an answer is worth at another hospital, in one sentence, from the estimates by source on a model's card."""

from collections.abc import Mapping
from typing import Any


def worth_elsewhere(card: Mapping[str, Any]) -> str:
    """Sensitivity and false alarms at the hospital where the model does worst; "" for a card without estimates.

    An entry of `figures.by_source` with `unseen` is of a hospital whose films the model was not trained on. Where no
    entry has it, the sentence says so, and gives the worst of the hospitals that it was trained on.
    """
    figures = card.get("figures", {})
    sources = [source for source in figures.get("by_source", []) if _rates(source)]
    unseen = [source for source in sources if source.get("unseen")]
    if unseen:
        worst = min(unseen, key=lambda source: sum(_rates(source)))
        return f"At a hospital it was not trained on ({worst['source']}) {_finds(worst)}."
    start = "Never measured at a hospital it was not trained on"
    if sources:
        worst = min(sources, key=lambda source: sum(_rates(source)))
        return f"{start}: expect less there. At {worst['source']}, the harder of its own, {_finds(worst)}."
    own = {"figures": figures.get("values", {}), "films": 0}
    return f"{start}: expect less there. On other patients of its own, {_finds(own)}." if _rates(own) else ""


def _rates(source: Mapping[str, Any]) -> tuple[float, ...]:
    """Sensitivity and specificity; empty if one is missing."""
    rates = [source.get("figures", {}).get(name, {}).get("value") for name in ("sensitivity", "specificity")]
    return tuple(float(rate) for rate in rates) if None not in rates else ()


def _finds(source: Mapping[str, Any]) -> str:
    sensitivity, specificity = _rates(source)
    return (
        f"it finds {_count(sensitivity)} of 100 and raises a false alarm in {_count(1 - specificity)} of 100 "
        f"normal films{_other(source)}"
    )


def _other(source: Mapping[str, Any]) -> str:
    share = source.get("other", {}).get("share", {}).get("value")
    return "" if share is None else f", and in {_count(float(share))} of 100 with another disease"


def _count(share: float) -> str:
    """A whole number of 100, rounded against the model where it would be 100 or 0 without being so."""
    number = round(100 * share)
    return "over 99" if number == 100 and share < 1 else "under 1" if number == 0 and share > 0 else str(number)
