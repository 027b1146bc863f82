"""Dataset: explore a data set before training on it."""

from cxr_core.app.navigation import require_frame

require_frame()  # first: a package that is imported below may be missing, which the frame reports

import streamlit as st

from cxr_core.app.address import asked_for, name_page, write_address
from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.dataset.film_dialog import address_of_film, open_film
from cxr_core.app.dataset.film_map import show_map
from cxr_core.app.dataset.films import chosen_paths, show_films
from cxr_core.app.dataset.gate_audit import gate_with_progress
from cxr_core.app.dataset.issues import show_issues
from cxr_core.app.dataset.overview import show_overview
from cxr_core.app.dataset.pixel_statistics import statistics_with_progress
from cxr_core.app.dataset.shortcuts import show_shortcuts
from cxr_core.app.dataset.split import show_split
from cxr_core.app.dataset.storage import show_storage
from cxr_core.app.dataset.synthetic import all_synthetic
from cxr_core.app.page_heading import page_heading
from cxr_core.datasets.quality.issues import find_issues
from cxr_core.labels import PNEUMONIA

TABS = ("Films", "Overview", "Map", "Shortcuts", "Faults", "Split")

page_heading("Dataset")
index = choose_data_set()
if index is None:
    st.info(
        "Open a folder of chest X-rays to see its class counts, sample films and faults. No data at hand? Use the demo "
        "set.",
        icon=":material/info:",
    )
    show_storage()
    st.stop()

films = index.films
name_page(index.source.name, "Dataset")
if all_synthetic(index.fingerprint, index):
    st.info("The demo set: synthetic films, computer-generated, not from patients.", icon=":material/science:")
with st.grid("auto", min_column_width=140):
    st.metric("Films", f"{len(films):,}")
    st.metric("Patients", f"{films['patient'].nunique():,}")
    st.metric("Pneumonia", f"{(films['label'] == PNEUMONIA).mean():.0%}")
    st.metric("Unusable files", f"{(films['fault'] != '').sum():,}")

by_address = {}
if "film" in st.query_params:
    by_address = {address_of_film(sha256): path for path, sha256 in zip(films["path"], films["sha256"], strict=True)}
if asked := asked_for("film", by_address, "Film"):
    open_film(index, films["path"].tolist(), by_address[asked])
if asked := asked_for("tab", TABS, "Tab"):
    st.session_state.dataset_tab = asked
tabs = st.tabs(TABS, on_change="rerun", key="dataset_tab")
write_address("tab", next((name for name, tab in zip(TABS, tabs, strict=True) if tab.open), None))
sample, overview, film_map, shortcuts, faults, split = tabs
if overview.open:
    with overview:
        show_overview(index)
if sample.open:
    with sample:
        show_films(index)
if film_map.open:
    with film_map:
        show_map(index, chosen_paths(index))
if shortcuts.open:
    with shortcuts:
        statistics = statistics_with_progress(index)
        if statistics:
            show_shortcuts(index, statistics)
if faults.open:
    with faults:
        issues = find_issues(index, statistics_with_progress(index))
        refused = gate_with_progress(index)
        show_issues(index, [*issues, refused] if refused else issues)
if split.open:
    with split:
        show_split(index)
show_storage()
