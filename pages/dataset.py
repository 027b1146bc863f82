"""Dataset: know your films before you train on them."""

import streamlit as st

from cxr_core.app.data_set_picker import bring_data_set, choose_data_set
from cxr_core.app.dataset.films import show_films
from cxr_core.app.dataset.gate_audit import gate_with_progress
from cxr_core.app.dataset.issues import show_issues
from cxr_core.app.dataset.overview import show_overview
from cxr_core.app.dataset.pixel_statistics import looks_with_progress
from cxr_core.app.dataset.shortcuts import show_shortcuts
from cxr_core.app.dataset.split import show_split
from cxr_core.app.navigation import require_frame
from cxr_core.datasets.demo import is_synthetic
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import find_issues

LOOKED_AT = 12

require_frame()
st.title("Dataset")
index = choose_data_set()
bring_data_set()
if index is None:
    st.info(
        "Open a folder of chest X-rays to see how many films of which class it holds, what they look like and what is "
        "wrong with them. No data at hand? Use the demo set.",
        icon=":material/info:",
    )
    st.stop()


@st.cache_data(max_entries=8, show_spinner=False)
def synthetic(fingerprint: str, _index: Index) -> bool:
    """Whether the films bear the demo set's mark, by a dozen of them."""
    paths = _index.readable["path"].iloc[:: max(1, len(_index.readable) // LOOKED_AT)]
    try:
        return len(paths) > 0 and all(is_synthetic((_index.root / path).read_bytes()) for path in paths)
    except OSError:
        return False


films = index.films
if synthetic(index.fingerprint, index):
    st.info("The demo set: synthetic films, drawn by a computer. They are nobody's.", icon=":material/science:")
with st.grid("auto", min_column_width=140):
    st.metric("Films", f"{len(films):,}")
    st.metric("Patients", f"{films['patient'].nunique():,}")
    st.metric("Pneumonia", f"{(films['label'] == 'PNEUMONIA').mean():.0%}")
    st.metric("Files that cannot be used", f"{(films['fault'] != '').sum():,}")

overview, sample, shortcuts, faults, split = st.tabs(
    ["Overview", "Films", "Shortcuts", "Faults", "Split"], on_change="rerun", key="dataset_tab"
)
if overview.open:
    with overview:
        show_overview(index)
if sample.open:
    with sample:
        show_films(index)
if shortcuts.open:
    with shortcuts:
        looks = looks_with_progress(index)
        if looks:
            show_shortcuts(index, looks)
if faults.open:
    with faults:
        findings = find_issues(index, looks_with_progress(index))
        gated = gate_with_progress(index)
        show_issues(index, [*findings, gated] if gated else findings)
if split.open:
    with split:
        show_split(index)
