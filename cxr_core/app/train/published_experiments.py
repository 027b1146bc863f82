"""The Published experiments view: published results compared with ours."""

import pandas as pd
import streamlit as st

from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.errors import CXRError
from cxr_core.training.reproduce import (
    EXPERIMENTS,
    LONG_FITS,
    METRICS,
    SPLITS,
    is_reproducing,
    launch_reproduction,
    reference_results,
    results,
)


def show_published_experiments() -> None:
    """Draw the published results beside ours: our last ones, then those on the open data set with the form for more."""
    _draw(reference_results(), "our last results on the Kermany films")
    st.caption(
        "Accuracy and loss on held-out films of the Kermany set: by image and by patient 5,232 films of its training "
        "folder, the official test its own folder. The yagci experiments were published on a split by image, where a "
        "tested patient may have other films in the training set. docs/reproduction.md says how ours were measured."
    )
    st.markdown("**On your own films**")
    if index := choose_data_set():
        _show_own(index)


def _show_own(index: Index) -> None:
    """Draw our results on this data set, if there are any, and a form that runs the experiments."""
    table = results(index)
    ours = [f"{split}_{metric}" for split in SPLITS for metric in METRICS]
    if done := int(table[ours].notna().any(axis=1).sum()):
        st.markdown(f"**On the films of {escape_markdown(index.source.name)}**")
        _draw(table, f"{done} of {len(table)} experiments on these films")
    if is_reproducing():
        st.info("The experiments are running; each is listed under All runs.", icon=":material/hourglass_top:")
        return
    with st.form("reproduce"):
        default = [name for name in EXPERIMENTS if name not in LONG_FITS]
        only = st.multiselect("Experiments to run on the open data set", list(EXPERIMENTS), default=default)
        if st.form_submit_button("Run them", icon=":material/play_arrow:") and only:
            try:
                launch_reproduction(index.source, only)
                st.rerun()
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")


def _draw(table: pd.DataFrame, what: str) -> None:
    columns = {"experiment": "Experiment", "published_accuracy": "Published", "published_loss": "Published loss"}
    for split, label in SPLITS.items():
        columns |= {f"{split}_accuracy": f"Ours, {label}", f"{split}_loss": f"Loss, {label}"}
    shown = table[list(columns)].rename(columns=columns).dropna(axis=1, how="all")
    config = {name: st.column_config.NumberColumn(format="%.4f") for name in shown.columns[1:]}
    alt = f"Published accuracy and loss beside {what}"
    st.dataframe(shown, hide_index=True, placeholder="–", column_config=config, alt=alt)
