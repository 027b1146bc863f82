"""Deal the films into training, validation and test: settings, a live preview, what it leaks, saved for Train."""

import pandas as pd
import streamlit as st

from cxr_core.app.dataset.charts import distribution, shares
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.leakage import patient_leakage, random_split_leakage
from cxr_core.datasets.split import FRACTIONS, grouped_split, official_split, save_split, saved_splits
from cxr_core.errors import CXRError


@st.fragment
def show_split(index: Index) -> None:
    """Settings with a live preview beside what a split by film would patient_leakage."""
    ways = ["70 / 15 / 15 by patient", "Official split", "My own"]
    way = st.segmented_control("Split", ways, default=ways[0], required=True, key="split_way")
    fractions, seed = FRACTIONS, 0
    name = "official" if way == "Official split" else "70-15-15"
    if way == "My own":
        with st.container(horizontal=True, vertical_alignment="bottom"):
            train = st.number_input("Training, %", 0, 100, 70, key="split_train", width=130)
            val = st.number_input("Validation, %", 0, 100, 15, key="split_val", width=130)
            seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="split_seed", width=130)
            st.metric("Test", f"{100 - train - val}%")
        fractions = (train / 100, val / 100, (100 - train - val) / 100)
        name = f"{train}-{val}-{100 - train - val}-seed-{seed}"
    try:
        dealt = official_split(index.films) if way == "Official split" else grouped_split(index.films, fractions, seed)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if (dealt == "").all():
        st.warning("There is no official split: the films are in no split folders.", icon=":material/info:")
        return
    _preview(index.films, dealt)
    _compare(index.films, dealt, fractions)
    _save(index, dealt, name)


def _preview(films: pd.DataFrame, dealt: pd.Series) -> None:
    parts = films.assign(split=dealt)[dealt != ""]
    table = shares(distribution(parts, "label"))
    patients = parts.groupby("split")["patient"].nunique()
    table["patients"] = [int(patients.get(name, parts["patient"].nunique())) for name in table.index]
    st.dataframe(table, alt="Films and patients in each part of the split", key="split_preview")


def _compare(films: pd.DataFrame, dealt: pd.Series, fractions: tuple[float, float, float]) -> None:
    usable = films[films["fault"] == ""]
    ours = patient_leakage(films["patient"], dealt)
    random = random_split_leakage(usable["patient"], fractions)
    with st.grid("auto", min_column_width=220):
        st.metric("Test films beside a sibling in training, this split", f"{ours:.0%}")
        st.metric("The same, were films dealt one by one", f"{random['mean']:.0%}")
    if random["draws"]:
        st.caption(
            f"Dealt film by film, {random['low']:.0%} to {random['high']:.0%} of the test films (of {random['draws']} "
            "random splits, nine in ten) would have a film of the same child in training: a score that no clinic sees."
        )


def _save(index: Index, dealt: pd.Series, default: str) -> None:
    with st.form("save_split", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name", default, key=f"split_name_{default}", max_chars=61)
        if st.form_submit_button("Save split", type="primary", icon=":material/save:"):
            try:
                file = save_split(index, dealt, name.strip())
                st.session_state.split_saved = file.stem
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")
    saved = saved_splits(index)
    if st.session_state.get("split_saved") in {file.stem for file in saved}:
        st.success(
            f"Saved as {st.session_state.split_saved}. Train and Evaluate offer it for these films.",
            icon=":material/check_circle:",
        )
    for file in saved:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/table: {file.stem}")
            st.download_button(
                "Download split.csv", file.read_bytes(), "split.csv", "text/csv", key=f"download_{file.stem}"
            )
