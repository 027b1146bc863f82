"""What a model is for, whom it knows and how well it does at each source: the head of its card."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.metrics.film_metrics import estimate_to_report
from cxr_core.models.card_sections import CardSource
from cxr_core.models.registry import Model

OTHER_DISEASE = "Another disease, answered pneumonia"
SHOWN = {"auroc": "AUROC", "sensitivity": "Sensitivity", "specificity": "Specificity"}


def show_use(model: Model) -> None:
    """Draw the verdict on use, the population, and the estimates by source with the worst one named."""
    card = model.card
    st.info(
        f"{escape_markdown(card.intended_use)}  \n**{performance_in_words(model)}**", icon=":material/verified_user:"
    )
    st.markdown(f"**Not for**: {escape_markdown('; '.join(_lower_first(line) for line in card.not_for))}.")
    st.markdown(f"**Population**: {escape_markdown(population_in_words(model))}")
    st.markdown("**Estimates by source**, the worst first, on films that it was not trained on")
    st.dataframe(
        estimates_by_source(model), hide_index=True, alt=f"Estimates of {model.name} by source with 95% intervals"
    )


def sources_of(model: Model) -> list[CardSource]:
    """The estimates of each source on the card, the worst balanced accuracy first; none on a card of one source."""
    found = [one for one in model.card.estimates.by_source if one.estimates]
    return sorted(found, key=lambda one: _value(one.estimates, "balanced_accuracy"))


def performance_in_words(model: Model) -> str:
    """How many of 100 films with pneumonia are found and of 100 normal ones called normal: overall and at its worst."""
    sources = sources_of(model)
    sentence = f"Of 100 {_hundreds(model.card.estimates.values)} by this model"
    if len(sources) < 2:
        return f"{sentence}; it was measured at one source only, so expect less elsewhere."
    worst = sources[0]
    return f"{sentence}; at its worst source, {escape_markdown(worst.source)}, {_pair(worst.estimates)}."


def population_in_words(model: Model) -> str:
    """Ages, sources and counts of the films that the model was trained on, as far as the card says."""
    card = model.card
    years = card.population_years
    parts = [f"patients of {years[0]:g} to {years[1]:g} years"] if years else []
    if trained := card.training.split.get("train"):
        parts.append(f"trained on {trained.films:,} films of {trained.patients:,} patients")
    if sources := card.training.sources:
        parts.append("from " + " and ".join(f"{name} ({one.films:,} films)" for name, one in sources.items()))
    elif card.training.data:
        parts.append(f"from {card.training.data}")
    text = ", ".join(parts) or "not stated on the card"
    return f"{text[0].upper()}{text[1:]}."


def estimates_by_source(model: Model) -> pd.DataFrame:
    """A row for each source, the worst first, then all films together: counts and estimates with 95% intervals."""
    sources = sources_of(model)
    rows = [
        {
            "Source": one.source,
            "Films": one.films,
            "Patients": one.patients,
            "With pneumonia": one.pneumonia,
        }
        | {title: value_with_interval(estimate_to_report(one, name)) for name, title in SHOWN.items()}
        | ({OTHER_DISEASE: value_with_interval(one.other_answered)} if one.other_answered else {})
        for one in sources
    ]
    estimates = model.card.estimates.values
    total = {"Source": "all films", "Films": max((one.n for one in estimates.values()), default=0)}
    if sources:
        patients, ill = (sum(getattr(one, name) for one in sources) for name in ("patients", "pneumonia"))
        total |= {"Patients": patients, "With pneumonia": ill}
    values = {title: value_with_interval(estimates[name]) for name, title in SHOWN.items() if name in estimates}
    table = pd.DataFrame([*rows, total | values])
    if OTHER_DISEASE in table:
        table[OTHER_DISEASE] = table[OTHER_DISEASE].fillna("–")
    return table.astype({column: "Int64" for column in ("Patients", "With pneumonia") if column in table})


def _hundreds(estimates: Mapping[str, Estimate]) -> str:
    found, called = (round(100 * _value(estimates, name)) for name in ("sensitivity", "specificity"))
    return f"films with pneumonia {found} are found and of 100 normal films {called} are called normal"


def _pair(estimates: Mapping[str, Estimate]) -> str:
    found, called = (round(100 * _value(estimates, name)) for name in ("sensitivity", "specificity"))
    return f"{found} and {called}"


def _value(estimates: Mapping[str, Estimate], name: str) -> float:
    return (estimates[name].value or 0.0) if name in estimates else 0.0


def _lower_first(line: str) -> str:
    return line if line[:2].isupper() else line[0].lower() + line[1:]
