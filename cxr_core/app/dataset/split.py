"""The Split tab: splits the films into training, validation and test sets, with preview and leakage, and saves it."""

import pandas as pd
import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.dataset.charts import distribution, shares
from cxr_core.app.dataset.decisions import with_decisions
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.leakage import patient_leakage, random_split_leakage
from cxr_core.datasets.split import FRACTIONS, grouped_split, official_split, save_split, saved_splits
from cxr_core.errors import CXRError


@st.fragment
def show_split(index: Index) -> None:
    """Draw the settings, a preview of the split, its leakage compared with a random split, and the saved splits.

    Films that people excluded are in no part; relabelled ones count under their new label.
    """
    decided = with_decisions(index)
    if decided is None:
        return
    index = decided
    methods = ["70 / 15 / 15 by patient", "Official split", "My own"]
    method = st.segmented_control("Split", methods, default=methods[0], required=True, key="split_way")
    fractions, seed = FRACTIONS, 0
    name = "official" if method == "Official split" else "70-15-15"
    if method == "My own":
        with st.container(horizontal=True, vertical_alignment="bottom"):
            train = st.number_input("Training, %", 0, 100, 70, key="split_train", width=130)
            val = st.number_input("Validation, %", 0, 100, 15, key="split_val", width=130)
            seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="split_seed", width=130)
            st.metric("Test", f"{100 - train - val}%")
        fractions = (train / 100, val / 100, (100 - train - val) / 100)
        name = f"{train}-{val}-{100 - train - val}-seed-{seed}"
    try:
        split = (
            official_split(index.films) if method == "Official split" else grouped_split(index.films, fractions, seed)
        )
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if (split == "").all():
        st.warning(
            "There is no official split: the films are not in folders named train, val or test.",
            icon=":material/info:",
        )
        return
    _preview(index.films, split)
    _show_leakage(index.films, split, fractions)
    _save(index, split, name)


def _preview(films: pd.DataFrame, split: pd.Series) -> None:
    parts = films.assign(split=split)[split != ""]
    table = shares(distribution(parts, "label"))
    patients = parts.groupby("split")["patient"].nunique()
    table["patients"] = [int(patients.get(name, parts["patient"].nunique())) for name in table.index]
    st.dataframe(table, alt="Films and patients in each part of the split", key="split_preview")


def _show_leakage(films: pd.DataFrame, split: pd.Series, fractions: tuple[float, float, float]) -> None:
    usable = films[films["fault"] == ""]
    leakage = patient_leakage(films["patient"], split)
    random = random_split_leakage(usable["patient"], fractions)
    with st.grid("auto", min_column_width=220):
        st.metric("Leakage of this split", f"{leakage:.0%}")
        st.metric("Leakage of a random split", f"{random['mean']:.0%}")
    spread = f"{random['low']:.0%} to {random['high']:.0%} in 90% of {random['draws']} random splits by film"
    st.caption(
        "Leakage is the share of test films with a film of the same patient in training. It makes test results too "
        f"optimistic{f'; {spread}' if random['draws'] else ''}."
    )


def _save(index: Index, split: pd.Series, default: str) -> None:
    with st.form("save_split", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", default, key=f"split_name_{default}", max_chars=61)
        if st.form_submit_button("Save split", type="primary", icon=":material/save:"):
            try:
                file = save_split(index, split, name.strip())
                audit.record(account(), "setting", what="split saved")
                st.session_state.split_saved = file.stem
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")
    saved = saved_splits(index)
    if st.session_state.get("split_saved") in {file.stem for file in saved}:
        st.success(
            f"Saved as {escape_markdown(st.session_state.split_saved)}. "
            "It can be chosen on the Train and Evaluate pages.",
            icon=":material/check_circle:",
        )
    for file in saved:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/table: {escape_markdown(file.stem)}")
            export_button(
                "Download split.csv",
                file.read_bytes(),
                "split.csv",
                "split",
                mime="text/csv",
                key=f"download_{file.stem}",
            )
