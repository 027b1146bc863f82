"""Models: what is installed, each card readable."""

import json

import pandas as pd
import streamlit as st

from cxr_core.app.navigation import require_frame
from cxr_core.labels import ESTIMATES
from cxr_core.metrics.estimate_text import interval, number
from cxr_core.models.registry import Model, list_models

OF_A_FIT = {
    "fold": "Fold",
    "epochs": "Epochs",
    "best_epoch": "Best epoch",
    "specificity_at_97": "Specificity at 97% sensitivity",
}

require_frame()
st.title("Models")
models = list_models()
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    st.stop()


def figures(model: Model) -> pd.DataFrame:
    """The card's figures with their intervals."""
    return pd.DataFrame(
        {
            "Estimate": ESTIMATES[name],
            "Value": number(figure["value"]),
            "95% interval": interval(figure),
            "Method": figure["method"],
        }
        for name, figure in model.card["figures"]["values"].items()
    )


def show_data(model: Model) -> None:
    """From the data set to the films used, and where the figures hold less."""
    training, measured = model.card["training"], model.card["figures"]
    if flow := training.get("data_flow"):
        st.markdown(f"**Films** of {training['data']}, split by patient")
        rows = pd.DataFrame([{"What became of them": step["what"], "Films": step["films"]} for step in flow])
        st.dataframe(rows, hide_index=True, width="content", alt=f"Films of {model.name}, used and left out")
        st.caption(f"Split sha256 {training['split_sha256'][:16]}, data fingerprint {training['fingerprint'][:16]}.")
    if groups := measured.get("subgroups"):
        st.markdown("**Parts** of the held-out films, with 95% intervals by patient")
        st.dataframe(pd.DataFrame(groups), hide_index=True, alt=f"Figures of {model.name} by part of the films")
    if measured.get("openings"):
        st.caption(measured["openings"])


def show_release(model: Model) -> None:
    """What a released model has beside its card: figures by fold, known failures, what changed."""
    if model.folds.exists():
        st.markdown("**By fold**: the recipe fitted five times, each time on other patients, measured on the rest")
        folds = pd.read_csv(model.folds, dtype=str).rename(columns=ESTIMATES | OF_A_FIT)
        st.dataframe(folds, hide_index=True, alt=f"Figures of five fits like {model.name}")
    if model.known_failures.exists():
        st.markdown("**Known failures**, on synthetic films: left as it is, right as it fails")
        failures = json.loads((model.known_failures / "failures.json").read_text())
        for row in range(0, len(failures), 2):
            for column, one in zip(st.columns(2), failures[row : row + 2], strict=False):
                picture = str(model.known_failures / one["picture"])
                column.image(picture, caption=one["said"], alt=one["said"], width="stretch")
    if model.changes.exists():
        with st.expander("Change log"):
            st.markdown(model.changes.read_text())


def show(model: Model) -> None:
    """One model's card."""
    card = model.card
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(model.name, anchor=False, width="content")
        if model.released:
            st.badge("released, the default", icon=":material/verified:", color="blue")
    st.write(card["summary"])
    st.caption(f"Version {model.version}, made {card['created'][:10]}, licence {card['licence']}.")
    use, limits = st.columns(2, gap="medium")
    with use:
        st.markdown("**Intended use**")
        st.write(card["intended_use"])
        st.markdown("**Not for**")
        st.markdown("\n".join(f"- {line}" for line in card["not_for"]))
    with limits:
        st.markdown("**Known limits**")
        st.markdown("\n".join(f"- {line}" for line in card["limits"]))
    st.markdown(f"**Figures** on {card['figures']['measured_on']}")
    st.dataframe(figures(model), hide_index=True, alt=f"Figures of {model.name} with 95% intervals")
    st.markdown("**Operating points**, chosen on validation patients")
    points = [
        {
            "Operating point": name.replace("_", "-") + (" (in use)" if name == card["operating_point"] else ""),
            "Threshold": f"{point['threshold']:.3f}",
            "Rule": point["rule"],
        }
        for name, point in card["operating_points"].items()
    ]
    st.dataframe(pd.DataFrame(points), hide_index=True, alt=f"Operating points of {model.name}")
    show_data(model)
    show_release(model)
    with st.expander("The whole card"):
        st.json(card)


for place, one in enumerate(models):
    if place:
        st.divider()
    show(one)
