"""The films that were called wrongly, the most confident first; a reviewer marks a label that looks wrong."""

import math
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.app.data_set_picker import as_written
from cxr_core.app.model_cache import reader
from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.evaluation.label_review import contest, contested, film_keys, marks
from cxr_core.evaluation.store import Evaluation, place_of
from cxr_core.evaluation.wrong_films import wrong_films
from cxr_core.imaging.decode import read_film
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.labels import PNEUMONIA
from cxr_core.models.registry import Model

PAGE, SIDE, OPACITY = 8, 420, 0.5


def show_errors(evaluation: Evaluation, model: Model | None) -> None:
    """The gallery, page by page."""
    threshold = float(st.session_state.get(f"threshold_{evaluation.id}", evaluation.threshold))
    wrong = wrong_films(evaluation, threshold)
    contested_now = contested(evaluation)
    if contested_now.any():
        st.info(
            f"{int(contested_now.sum())} of these films have a label marked as looking wrong. No label is changed; the "
            "Figures tab shows the figures with and without them.",
            icon=":material/flag:",
        )
    if wrong.empty:
        st.success(f"At threshold {threshold:.3f} no film was called wrongly.", icon=":material/check_circle:")
        return
    missed = int((wrong["label"] == PNEUMONIA).sum())
    st.markdown(
        f"**Called wrongly: {len(wrong):,} of {len(evaluation.films):,} films** at threshold {threshold:.3f}. "
        f"Missed: {missed:,}. False alarms: {len(wrong) - missed:,}. The most confident first."
    )
    root = place_of(evaluation)
    if root is None:
        st.caption("The films themselves are not at hand, so scores alone are shown.")
    with st.container(horizontal=True, vertical_alignment="center"):
        pages = math.ceil(len(wrong) / PAGE)
        page = st.pagination(pages, key="errors_page") if pages > 1 else 1
        heat = st.toggle("Heatmaps", value=True, key="errors_heat") if model and root else False
        hint = "Your name, kept with a mark"
        st.text_input("Reviewer", placeholder=hint, label_visibility="collapsed", key="reviewer", width=260)
    keys = pd.Series(film_keys(evaluation), index=evaluation.films.index)
    doubted = pd.Series(contested_now, index=evaluation.films.index)
    marked = marks()
    shown = wrong.assign(key=keys, doubted=doubted).iloc[(min(page, pages) - 1) * PAGE :][:PAGE]
    with st.grid(4, min_column_width=220, gap="medium") as grid:
        for _, film in shown.iterrows():
            with grid.cell(), st.container(border=True):
                _film(film, root, model if heat else None)
                st.checkbox(
                    "Label looks wrong",
                    value=bool(film["doubted"]),
                    key=f"contest_{film['key']}",
                    on_change=_mark,
                    args=(film["key"], film["file"]),
                )
                if by := marked.get(film["key"], {}).get("reviewer"):
                    st.caption(f"Marked by {as_written(by)}")


def _film(film: pd.Series, root: Path | None, model: Model | None) -> None:
    name = film["file"].rsplit("/", 1)[-1]
    if root is not None:
        try:
            picture, heated, why = _picture(str(root / film["file"]), str(film.get("sha256", "")), model)
            told = ", with heatmap" if heated else ""
            alt = f"Chest X-ray {name}, labelled {film['label'].lower()}, score {film['score']:.3f}{told}"
            st.image(picture, alt=alt, width="stretch")
            if why:
                st.caption(why)
        except CXRError as error:
            st.warning(as_written(str(error)), icon=":material/broken_image:")
    what = "Missed" if film["label"] == PNEUMONIA else "False alarm"
    kind = film.get("kind", "")
    also = f" ({kind})" if kind in ("bacterial", "viral") else ""
    st.markdown(f"**{what}, score {film['score']:.3f}**")
    st.caption(f"{as_written(name)}  \nLabelled {film['label']}{also}  \nPatient {as_written(film['patient'])}")


def _picture(file: str, sha256: str, model: Model | None) -> tuple[np.ndarray, bool, str]:
    """The film, under its heatmap if a model is given and there is one to show; whether there is, and why not."""
    if model is None:
        return _small(file, sha256), False, ""
    return _with_heatmap(file, sha256, model.name, model.version)


@st.cache_data(max_entries=256, show_spinner=False)
def _small(file: str, sha256: str) -> np.ndarray:
    """The film, no side over SIDE pixels."""
    film = read_film(Path(file))
    if sha256 and film.sha256 != sha256:
        raise UnreadableFilm(f"{file}: is not the film that was evaluated any more.")
    scale = min(1.0, SIDE / max(film.pixels.shape))
    return cv2.resize(film.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@st.cache_data(max_entries=256, show_spinner=False)
def _with_heatmap(file: str, sha256: str, name: str, version: str) -> tuple[np.ndarray, bool, str]:
    small = _small(file, sha256)
    reading = reader(name).read(read_film(Path(file)))
    if reading.heatmap is None:
        if reading.verdict == "not_assessable":
            return small, False, f"Diagnose would refuse this film: {reading.reasons[0]}"
        return small, False, reading.reasons[-1]
    return overlay(small, reading.heatmap, OPACITY), True, ""


def _mark(key: str, file: str) -> None:
    try:
        contest(key, file, bool(st.session_state[f"contest_{key}"]), st.session_state.get("reviewer", ""))
    except CXRError as error:
        st.session_state.contest_error = str(error)
