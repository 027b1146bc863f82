"""Two model cards beside each other: what differs in training, and the estimates by source."""

import pandas as pd
import streamlit as st

from cxr_core.app.models.use import SHOWN, population_in_words, sources_of
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.estimate_text import number, value_with_interval
from cxr_core.metrics.film_metrics import estimate_to_report
from cxr_core.models.registry import Model


def show_comparison(model: Model, others: list[Model]) -> None:
    """Draw the choice of a second model and the two cards in one table."""
    by_name = {one.name: one for one in others}
    other = by_name[st.selectbox("Compare with", list(by_name), key="compare_model")]
    st.table(compared(model, other).set_index("Property"), alt=f"{model.name} beside {other.name}")
    if model.card.estimates.measured_on != other.card.estimates.measured_on:
        st.caption(
            "The estimates were measured on different films, so a difference may be one of the films. To compare the "
            "models on the same films, evaluate both on the Evaluate page."
        )


def compared(one: Model, other: Model) -> pd.DataFrame:
    """Rows "Property", and a column for each model with its values; what neither card states is left out."""
    facts = [_facts(one), _facts(other)]
    keys = list(dict.fromkeys([*facts[0], *facts[1]]))
    rows = [
        {"Property": key} | {m.name: f.get(key, "–") for m, f in zip((one, other), facts, strict=True)} for key in keys
    ]
    return pd.DataFrame(rows)


def _facts(model: Model) -> dict[str, str]:
    card = model.card
    settings = card.training.settings
    facts = {
        "Version": model.version,
        "Created": card.created[:10],
        "Input": f"{card.preprocessing['size']} x {card.preprocessing['size']} pixels",
        "Architecture": str(settings.get("architecture", "–")),
        "Population": population_in_words(model),
        "Operating point": f"{OPERATING_POINTS.get(card.operating_point, card.operating_point)}, threshold "
        f"{number(card.operating_points[card.operating_point].threshold)}",
        "Measured on": card.estimates.measured_on,
    }
    for name, title in SHOWN.items():
        if name in card.estimates.values:
            facts[title] = value_with_interval(card.estimates.values[name])
    for source in sources_of(model):
        for name, title in SHOWN.items():
            facts[f"{title}, {source.source}"] = value_with_interval(estimate_to_report(source, name))
    return facts
