"""A model card on the Models page."""

import pandas as pd
import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.app.models.conversion import show_conversion
from cxr_core.app.models.manage import show_actions
from cxr_core.app.models.release import show_release
from cxr_core.app.models.use import show_use
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate_text import interval, number
from cxr_core.models.registry import Model


def show_card(model: Model) -> None:
    """Draw the card: use, population and estimates by source; all else is folded."""
    card = model.card
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(escape_markdown(model.name), anchor=False, width="stretch")
        if model.default:
            st.badge("default", icon=":material/verified:", color="blue")
        if model.released:
            st.badge("released with the app", color="gray")
        show_actions(model)
    st.write(escape_markdown(card.summary))
    show_conversion(model)
    show_use(model)
    with st.expander("Known limits", icon=":material/warning:"):
        st.markdown("\n".join(f"- {escape_markdown(line)}" for line in card.limits))
    with st.expander("All estimates and operating points", icon=":material/fact_check:"):
        st.markdown(f"**Estimates** on {escape_markdown(card.estimates.measured_on)}")
        st.dataframe(_estimates(model), hide_index=True, alt=f"Estimates of {model.name} with 95% intervals")
        st.markdown("**Operating points**, chosen on validation patients")
        st.dataframe(_operating_points(model), hide_index=True, alt=f"Operating points of {model.name}")
    with st.expander("Films and subgroups", icon=":material/photo_library:"):
        _show_data(model)
    show_release(model)
    with st.expander("The whole card", icon=":material/data_object:"):
        st.json(card.to_dict())
    st.caption(f"Version {model.version}, created {card.created[:10]}, licence {escape_markdown(card.licence)}.")


def _estimates(model: Model) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Estimate": ESTIMATES.get(name, name),
            "Value": number(estimate.value),
            "95% interval": interval(estimate),
            "Method": estimate.method,
        }
        for name, estimate in model.card.estimates.values.items()
    )


def _operating_points(model: Model) -> pd.DataFrame:
    in_use = model.card.operating_point
    return pd.DataFrame(
        {
            "Operating point": OPERATING_POINTS.get(name, name) + (" (in use)" if name == in_use else ""),
            "Threshold": number(point.threshold),
            "Rule": point.rule,
        }
        for name, point in model.card.operating_points.items()
    )


def _show_data(model: Model) -> None:
    """Draw how the data set became the training films, the subgroups' estimates and the count of test-set accesses."""
    training, estimates = model.card.training, model.card.estimates
    if flow := training.data_flow:
        st.markdown(f"**Films** of {escape_markdown(training.data)}, split by patient")
        steps = pd.DataFrame([{"Step": step.what, "Films": step.films} for step in flow])
        st.dataframe(steps, hide_index=True, width="content", alt=f"Films of {model.name}, used and excluded")
        st.caption(f"Split sha256 {training.split_sha256[:16]}, data fingerprint {training.fingerprint[:16]}.")
    if subgroups := estimates.subgroups:
        st.markdown("**Subgroups** of the held-out films, with 95% intervals by patient")
        st.dataframe(pd.DataFrame(subgroups), hide_index=True, alt=f"Estimates of {model.name} by subgroup")
    if estimates.accesses:
        st.caption(escape_markdown(estimates.accesses))
