"""The files that a released model has in addition to its card: estimates by fold, known failures, change log."""

import json

import pandas as pd
import streamlit as st

from cxr_core.labels import ESTIMATES
from cxr_core.models.registry import Model

FOLD_COLUMNS = {
    "fold": "Fold",
    "epochs": "Epochs",
    "best_epoch": "Best epoch",
    "specificity_at_97": "Specificity at 97% sensitivity",
}


def show_release(model: Model) -> None:
    """Draw those of the files that the model has."""
    if model.folds.exists():
        st.markdown("**Cross-validation by patient**: five fits with the same recipe, each tested on its held-out fold")
        folds = pd.read_csv(model.folds, dtype=str).rename(columns=ESTIMATES | FOLD_COLUMNS)
        st.dataframe(folds, hide_index=True, alt=f"Estimates of five fits with the recipe of {model.name}")
    if model.known_failures.exists():
        st.markdown("**Known failures** on synthetic films; left the original, right the film on which the model fails")
        failures = json.loads((model.known_failures / "failures.json").read_text())
        for row in range(0, len(failures), 2):
            for column, failure in zip(st.columns(2), failures[row : row + 2], strict=False):
                picture = str(model.known_failures / failure["picture"])
                column.image(picture, caption=failure["said"], alt=failure["said"], width="stretch")
    if model.changes.exists():
        with st.expander("Change log"):
            st.markdown(model.changes.read_text())
