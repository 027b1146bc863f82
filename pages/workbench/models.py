"""Models: what is installed, each card readable."""

import pandas as pd
import streamlit as st

from cxr_core.reading.registry import Model, list_models

st.title("Models")
models = list_models()
if not models:
    st.info("No model is installed. Train one on the Train page and publish it.", icon=":material/info:")
    st.stop()


def figures(model: Model) -> pd.DataFrame:
    """The card's figures with their intervals."""
    rows = []
    for name, figure in model.card["figures"]["values"].items():
        value = "not computable" if figure["value"] is None else f"{figure['value']:.3f}"
        interval = "" if figure["low"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"
        rows.append({"Figure": name, "Value": value, "95% interval": interval, "Method": figure["method"]})
    return pd.DataFrame(rows)


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
    with st.expander("The whole card"):
        st.json(card)


for number, one in enumerate(models):
    if number:
        st.divider()
    show(one)
