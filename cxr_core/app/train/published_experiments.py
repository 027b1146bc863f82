"""The Published experiments view: published results compared with ours."""

import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.errors import CXRError
from cxr_core.training.reproduce import EXPERIMENTS, LONG_FITS, SPLITS, is_reproducing, launch_reproduction, results


def show_published_experiments(index: Index) -> None:
    """Draw the table of published and our results on this data set, and a form that runs the experiments."""
    table = results(index)
    columns = {"experiment": "Experiment", "published_accuracy": "Published", "published_loss": "Published loss"}
    for split, label in SPLITS.items():
        columns |= {f"{split}_accuracy": f"Ours, {label}", f"{split}_loss": f"Loss, {label}"}
    shown = table[list(columns)].rename(columns=columns).dropna(axis=1, how="all")
    config = {name: st.column_config.NumberColumn(format="%.4f") for name in shown.columns[1:]}
    done = int(table["patient_accuracy"].notna().sum())
    st.dataframe(
        shown,
        hide_index=True,
        column_config=config,
        alt=f"Published and our accuracy and loss; {done} of {len(table)} experiments run on these films",
    )
    st.caption(
        "Accuracy and loss on held-out films. The yagci experiments were published on a split by image, where a tested "
        "patient may have other films in the training set. The results of a split by patient are shown for comparison."
    )
    if is_reproducing():
        st.info("The experiments are running; each is listed under Runs.", icon=":material/hourglass_top:")
        return
    with st.form("reproduce"):
        default = [name for name in EXPERIMENTS if name not in LONG_FITS]
        only = st.multiselect("Experiments", list(EXPERIMENTS), default=default)
        if st.form_submit_button("Run them", icon=":material/play_arrow:") and only:
            try:
                launch_reproduction(index.source, only)
                st.rerun()
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")
