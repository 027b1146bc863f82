"""Whom the films of a model show: ages, and what a card says of use where they come from several hospitals."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxr_core.datasets.kermany_names import identify
from cxr_core.inference.intended_use import OLDEST, YOUNGEST
from cxr_core.publishing.card_builder import NOT_FOR

_RSNA_PATIENT = re.compile(r"rsna\d+")
RSNA = (
    "; NIH Clinical Center (Wang et al. 2017, ChestX-ray8), labelled for the RSNA Pneumonia Detection Challenge "
    "(Shih et al. 2019, doi 10.1148/ryai.2019180041): free use with attribution"
)
SEVERAL_SOURCES = {
    "intended_use": "Teaching and research on frontal chest X-rays of children of 1 to 5 years and of adults, like "
    "those it was trained on: pneumonia against normal. A person who can read the film decides.",
    "not_for": [*NOT_FOR, "Children under 1 year"],
    "limits": [
        "Its films come from a few hospitals, named with the estimates; those of children from Guangzhou Women and "
        "Children's Medical Center (Kermany et al. 2018). At a hospital that it has not seen, expect less.",
        "A film that shows another disease may be called pneumonia; the estimates by source say how often.",
        "The probability is valid where pneumonia is as frequent as among the validation films, each source counted "
        "alike ({share:.0%}). `probability_here` is the number at the stated prevalence.",
    ],
    "licence": "Apache-2.0; trained on films under CC BY 4.0 (Kermany et al. 2018) and on those of its other sources",
}


def describe_population(films: pd.DataFrame, prevalence: float) -> dict[str, Any]:
    """The card's entry `population`, and for films of several sources what it says of their use.

    films: rows of an index. prevalence: of pneumonia among the validation films. `years` are [youngest, oldest]: of
    the ages that a table gives, and 1 to 5 years for films with the names of Kermany et al. 2018; no entry if unknown.
    """
    ages = pd.to_numeric(films["age"], errors="coerce").dropna()
    years = [float(ages.min()), float(ages.max())] if len(ages) else []
    children = any(identify(name).series for name in films["file"])
    years += [YOUNGEST, OLDEST] if children else []
    entries: dict[str, Any] = {"population": {"years": [int(min(years)), int(max(years))]}} if years else {}
    if children and films["source"].nunique() > 1:
        entries |= SEVERAL_SOURCES
        entries["limits"] = [sentence.format(share=prevalence) for sentence in SEVERAL_SOURCES["limits"]]
        if has_rsna(films["patient"].tolist()):
            entries["licence"] = f"{SEVERAL_SOURCES['licence']}{RSNA}"
    return entries


def has_rsna(patients: Sequence[str]) -> bool:
    """Whether some patients are named as in the RSNA Pneumonia Detection Challenge's table."""
    return any(_RSNA_PATIENT.search(patient) for patient in patients)
