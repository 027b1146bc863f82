"""What a model is worth elsewhere, from its card."""

from typing import Any

from cxr_core.inference.elsewhere import worth_elsewhere
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import find_model


def source(name: str, sensitivity: float | None, specificity: float, **more: Any) -> dict[str, Any]:
    values = {"sensitivity": sensitivity, "specificity": specificity}
    rates = {name: {"value": value, "n": 100, "why": "none"} for name, value in values.items()}
    return {"source": name, "films": 100, "figures": rates} | more


def card(*sources: dict[str, Any], values: tuple[float, float] | None = (0.97, 0.95)) -> ModelCard:
    own = source("", *values)["figures"] if values else {}
    return find_model().card.changed(figures={"measured_on": "", "by_source": list(sources), "values": own})


def test_a_hospital_that_it_was_not_trained_on_is_named() -> None:
    far = source("B", 0.91, 0.92, unseen=True, other={"share": {"value": 0.4, "n": 9, "why": "none"}})
    assert worth_elsewhere(card(source("A", 0.5, 0.5), far, source("C", 0.95, 0.95, unseen=True))) == (
        "At a hospital it was not trained on (B) it finds 91 of 100 and raises a false alarm in 8 of 100 normal films, "
        "and in 40 of 100 with another disease."
    )


def test_without_one_the_sentence_says_so() -> None:
    text = worth_elsewhere(card(source("A", 0.999, 0.9), source("B", 0.99, 0.999), source("C", None, 0.1)))
    assert text.startswith("Never measured at a hospital it was not trained on: expect less there. At A, the harder")
    assert "finds over 99 of 100 and raises a false alarm in 10 of 100" in text
    assert "finds 97 of 100 and raises a false alarm in 5 of" in worth_elsewhere(card())
    assert worth_elsewhere(card(values=None)) == ""
