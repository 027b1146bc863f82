"""What to evaluate: the model, the films, the split; and the evaluation itself, with its progress."""

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.datasets.index import Index
from cxr_core.datasets.split import saved_splits
from cxr_core.errors import CXRError
from cxr_core.evaluation.train_test_overlap import held_out_split
from cxr_core.evaluation.run import assess_csv, assess_films
from cxr_core.evaluation.store import Evaluation, split_in_words
from cxr_core.labels import SPLITS
from cxr_core.models.registry import Model

SAID = {"Test films": "test", "Validation films": "val", "Neither": "all"}


def new_evaluation(models: list[Model]) -> Evaluation | None:
    """Controls that start an evaluation of one or more models; returns the last one when it has just been made."""
    names = [model.name for model in models]
    chosen = st.multiselect("Models", names, default=names[:1], key="evaluate_models")
    index = choose_data_set()
    if index is None:
        st.info("Open a data set with labelled films, or use the demo set, to evaluate on.", icon=":material/info:")
        return None
    picked = [model for model in models if model.name in chosen]
    offered = splits_of(index, picked)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.selectbox("Split", list(offered), format_func=offered.__getitem__, key="evaluate_split", width=420)
        start = st.button("Evaluate", type="primary", icon=":material/play_arrow:", disabled=not picked)
    if not start:
        return None
    made = None
    for model in picked:
        try:
            made = _evaluate(model, index, split)
        except CXRError as error:
            st.error(str(error), icon=":material/error:")
    return made


def splits_of(index: Index, models: list[Model]) -> dict[str, str]:
    """The splits that can be evaluated on, each with its name on the screen; test splits first."""
    films = index.readable
    counts = films["split"].value_counts()
    offered: dict[str, str] = {}
    for model in models:
        held_out = held_out_split(model)
        if held_out and model.card["training"]["fingerprint"] == index.fingerprint:
            offered[held_out] = f"Held-out patients of {model.name}"
            offered[held_out.replace(":test", ":val")] = f"Validation patients of {model.name}"
    for part in reversed(SPLITS):
        if counts.get(part, 0):
            offered[part] = f"{split_in_words(part).capitalize()}, {counts[part]:,} films"
    for table in saved_splits(index):
        offered |= {f"{table}:{part}": f"Saved split {table.stem}: {part}" for part in reversed(SPLITS)}
    return offered | {"all": f"All {len(films):,} films"}


def _evaluate(model: Model, index: Index, split: str) -> Evaluation:
    slot = st.empty()

    def show(done: int, total: int) -> None:
        slot.progress(done / total, f"Decoding the films for {model.name}: {done:,} of {total:,}")

    ready = reader(model.name)
    with st.spinner(f"Reading the films with {model.name} and drawing patients for the intervals."):
        evaluation = assess_films(ready, index, split, show)
    slot.empty()
    return evaluation


def uploaded(files: list, folder: Path) -> list[Path]:
    """Write uploaded files into a folder under their own names, without any folder in the name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in files:
        target = folder / Path(file.name).name
        target.write_bytes(file.getvalue())
        written.append(target)
    return written


def other_system() -> Evaluation | None:
    """Controls that evaluate another system's scores; returns the evaluation when it has just been made."""
    file = st.file_uploader(
        "Scores, a CSV with file,label,score and, if known, patient",
        type=["csv"],
        key="scores_csv",
        help="One row a film; label NORMAL or PNEUMONIA (or 0 and 1), score from 0 to 1, the probability of pneumonia.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the system", placeholder="vendor-x 2.1", key="system_name", width=260)
        said = st.selectbox("These are", list(SAID), key="system_split", width=200)
        threshold = st.number_input("Threshold", 0.0, 1.0, 0.5, 0.01, key="system_threshold", width=140)
        start = st.button("Evaluate scores", type="primary", icon=":material/play_arrow:", disabled=file is None)
    if not start or file is None:
        return None
    if not name.strip():
        st.error("The system needs a name, so that its figures can be told from others.", icon=":material/error:")
        return None
    with TemporaryDirectory() as folder:
        try:
            with st.spinner("Drawing patients for the intervals."):
                [written] = uploaded([file], Path(folder))
                return assess_csv(written, name.strip(), SAID[said], threshold)
        except CXRError as error:
            st.error(str(error).replace(f"{folder}/", ""), icon=":material/error:")
            return None
