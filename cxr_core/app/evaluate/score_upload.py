"""Evaluate another system by its scores, uploaded as a CSV file."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.owners import own
from cxr_core.evaluation.run import evaluate_csv

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SPLIT_OF = {"Test films": "test", "Validation films": "val", "Neither": "all"}
T = TypeVar("T")


def evaluate_other_system() -> Evaluation | None:
    """Controls that evaluate another system's scores; returns the evaluation when it has just been computed."""
    file = st.file_uploader(
        "Scores, a CSV with file,label,score and, if known, patient",
        type=["csv"],
        key="scores_csv",
        help="One row a film; label NORMAL or PNEUMONIA (or 0 and 1), score from 0 to 1, the probability of pneumonia.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the system", placeholder="vendor-x 2.1", key="system_name", width=260)
        split = st.selectbox("These are", list(SPLIT_OF), key="system_split", width=200)
        threshold = st.number_input("Threshold", 0.0, 1.0, 0.5, 0.01, key="system_threshold", width=140)
        start = st.button("Evaluate scores", type="primary", icon=":material/play_arrow:", disabled=file is None)
    if not start or file is None:
        return None
    if not name.strip():
        st.error("Enter a name for the system.", icon=":material/error:")
        return None
    scored = with_uploaded_csv(file, lambda csv: evaluate_csv(csv, name.strip(), SPLIT_OF[split], threshold))
    if scored is not None:
        own(scored, None, account())
    return scored


def with_uploaded_csv(file: "UploadedFile", use: Callable[[Path], T]) -> T | None:
    """The result of `use` on the uploaded file, stored in a temporary folder; shows a CXRError and returns None."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / Path(file.name).name  # without folders in the name
        path.write_bytes(file.getvalue())
        try:
            with st.spinner("Computing the intervals."):
                return use(path)
        except CXRError as error:
            shown = error.about(path.name) if error.thing == str(path) else error
            st.error(escape_markdown(str(shown)), icon=":material/error:")
            return None
