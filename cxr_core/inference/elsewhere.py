"""What an answer is worth at another hospital, in one sentence, from the estimates by source of a model."""

from collections.abc import Mapping

from cxr_core.languages import Message, message
from cxr_core.metrics.estimate import Estimate
from cxr_core.models.card_sections import CardSource
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
        return _at_another(min(unseen, key=lambda source: sum(_rates(source.estimates))))
    if left_out := model.left_out:
        return message(
            "At a hospital it was not trained on, expect less: trained the same way without {source}, there it finds "
            "{found} of 100 and raises a false alarm in {alarms} of 100 normal films.",
            source=left_out[0].source,
            **_counts(left_out[0].sensitivity, left_out[0].specificity),
        )
    if sources:
        return _at_its_own(min(sources, key=lambda source: sum(_rates(source.estimates))))
    own = _rates(card.estimates.values)
    if not own:
        return ""
    return message(
        "Never measured at a hospital it was not trained on: expect less there. On other patients of its own, it finds "
        "{found} of 100 and raises a false alarm in {alarms} of 100 normal films.",
        **_counts(*own),
    )


def _at_another(worst: CardSource) -> Message:
    """Of a hospital whose films the model was not trained on."""
    about = {"source": worst.source, **_counts(*_rates(worst.estimates)), **_other(worst)}
    if "other" in about:
        return message(
            "At a hospital it was not trained on ({source}) it finds {found} of 100 and raises a false alarm "
            "in {alarms} "
            "of 100 normal films, and in {other} of 100 with another disease.",
            **about,
        )
    return message(
        "At a hospital it was not trained on ({source}) it finds {found} of 100 and raises a false alarm in "
        "{alarms} of "
        "100 normal films.",
        **about,
    )


def _at_its_own(worst: CardSource) -> Message:
    """Of the hospital, among the model's own, where it does worst."""
    about = {"source": worst.source, **_counts(*_rates(worst.estimates)), **_other(worst)}
    if "other" in about:
        return message(
            "Never measured at a hospital it was not trained on: expect less there. At {source}, the harder of "
            "its own, "
            "it finds {found} of 100 and raises a false alarm in {alarms} of 100 normal films, and in {other} "
            "of 100 with "
            "another disease.",
            **about,
        )
    return message(
        "Never measured at a hospital it was not trained on: expect less there. At {source}, the harder of its own, it "
        "finds {found} of 100 and raises a false alarm in {alarms} of 100 normal films.",
        **about,
    )


def _rates(estimates: Mapping[str, Estimate]) -> tuple[float, ...]:
    """Sensitivity and specificity; empty if one is missing."""
    found = [estimates[name].value for name in ("sensitivity", "specificity") if name in estimates]
    known = tuple(rate for rate in found if rate is not None)
    return known if len(known) == 2 else ()


def _counts(sensitivity: float, specificity: float) -> dict[str, Message]:
    return {"found": _count(sensitivity), "alarms": _count(1 - specificity)}


def _other(source: CardSource) -> dict[str, Message]:
    share = source.other_called.value if source.other_called else None
    return {} if share is None else {"other": _count(share)}


def _count(share: float) -> Message:
    """A whole number of 100, rounded against the model where it would be 100 or 0 without being so."""
    number = round(100 * share)
    if number == 100 and share < 1:
        return message("over {number}", number=99)
    if number == 0 and share > 0:
        return message("under {number}", number=1)
    return message("{number}", number=number)
