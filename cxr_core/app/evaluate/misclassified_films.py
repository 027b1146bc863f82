"""The Errors tab: misclassified films, the most confident first, and marks for labels that look wrong."""

import math
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account, may_open
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.evaluate.film_dialog import error_in_words, offer_film, open_asked_film
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.errors import CXRError, DamagedRecord, UnreadableFilm
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.label_review import contest, contested, film_keys, marks
from cxr_core.evaluation.misclassified_films import misclassified_films
from cxr_core.evaluation.store import data_folder_of
from cxr_core.imaging.decode import read_film
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.labels import PNEUMONIA
from cxr_core.models.registry import Model, find_model

PAGE, SIDE, OPACITY = 8, 420, 0.5


def show_misclassified_films(evaluation: Evaluation, model: Model | None) -> None:
    """Draw the films page by page, with heatmaps if `model` is given."""
    threshold = float(st.session_state.get(f"threshold_{evaluation.id}", evaluation.threshold))
    wrong = misclassified_films(evaluation, threshold)
    try:
        contested_now, marked = contested(evaluation), marks()
    except DamagedRecord as error:
        show_passed_over([str(error)])
        contested_now, marked = np.zeros(len(evaluation.films), bool), {}
    if contested_now.any():
        st.info(
            f"{int(contested_now.sum())} of these films have a label marked as looking wrong. The labels are not "
            "changed; the Figures tab shows the estimates with and without these films.",
            icon=":material/flag:",
        )
    if wrong.empty:
        st.success(f"At threshold {threshold:.3f} no film is misclassified.", icon=":material/check_circle:")
        return
    missed = int((wrong["label"] == PNEUMONIA).sum())
    st.markdown(
        f"**Misclassified: {len(wrong):,} of {len(evaluation.films):,} films** at threshold {threshold:.3f}. "
        f"Missed: {missed:,}. False alarms: {len(wrong) - missed:,}. The most confident first."
    )
    root = data_folder_of(evaluation)
    if root is None:
        st.caption("The films are not on this machine, so only the scores are shown.")
    elif not may_open(root):
        root = None
        st.caption("The films are not below a data folder of this server, so only the scores are shown.")
    with st.container(horizontal=True, vertical_alignment="center"):
        pages = math.ceil(len(wrong) / PAGE)
        page = st.pagination(pages, key="errors_page") if pages > 1 else 1
        heat = st.toggle("Heatmaps", value=True, key="errors_heat") if model and root else False
        hint = "Your name, stored with a mark"
        st.text_input("Reviewer", placeholder=hint, label_visibility="collapsed", key="reviewer", width=260)
    keys = pd.Series(film_keys(evaluation), index=evaluation.films.index)
    doubted = pd.Series(contested_now, index=evaluation.films.index)
    films = wrong.assign(key=keys, doubted=doubted)
    start = (min(page, pages) - 1) * PAGE
    shown = films.iloc[start:][:PAGE]
    if root is not None:
        open_asked_film(films, root, model)
    with st.grid(4, min_column_width=220, gap="medium") as grid:
        for at, (_, film) in enumerate(shown.iterrows(), start):
            with grid.cell(), st.container(border=True):
                _film(film, root, model if heat else None)
                if root is not None:
                    offer_film(films, at, root, model)
                st.checkbox(
                    "Label looks wrong",
                    value=bool(film["doubted"]),
                    key=f"contest_{at}_{film['key']}",
                    on_change=_mark,
                    args=(at, film["key"], film["file"]),
                )
                if by := marked.get(film["key"], {}).get("reviewer"):
                    st.caption(f"Marked by {escape_markdown(by)}")


def _film(film: pd.Series, root: Path | None, model: Model | None) -> None:
    name = film["file"].rsplit("/", 1)[-1]
    if root is not None:
        try:
            picture, has_heatmap, reason = _picture(str(root / film["file"]), str(film.get("sha256", "")), model)
            heatmap = ", with heatmap" if has_heatmap else ""
            alt = f"Chest X-ray {name}, labelled {film['label'].lower()}, score {film['score']:.3f}{heatmap}"
            st.image(picture, alt=alt, width="stretch")
            if reason:
                st.caption(escape_markdown(reason))
        except CXRError as error:
            st.warning(escape_markdown(str(error)), icon=":material/broken_image:")
    kind = film.get("kind", "")
    kind_text = f" ({kind})" if kind in ("bacterial", "viral") else ""
    st.markdown(f"**{error_in_words(film)}**")
    st.caption(
        f"{escape_markdown(name)}  \nLabelled {film['label']}{kind_text}  \nPatient {escape_markdown(film['patient'])}"
    )


def _picture(file: str, sha256: str, model: Model | None) -> tuple[np.ndarray, bool, str]:
    """The film, `uint8`, with its heatmap if a model is given; whether it has one; and the reason if not."""
    if model is None:
        return _scaled_film(file, sha256), False, ""
    return _with_heatmap(file, sha256, model.name, model.version)


@st.cache_data(max_entries=256, show_spinner=False)
def _scaled_film(file: str, sha256: str) -> np.ndarray:
    """The film, no side longer than SIDE pixels. Raises UnreadableFilm if the file has changed since."""
    film = read_film(Path(file))
    if sha256 and film.sha256 != sha256:
        raise UnreadableFilm("is no longer the film that was evaluated", thing=file)
    scale = min(1.0, SIDE / max(film.pixels.shape))
    return cv2.resize(film.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@st.cache_data(max_entries=256, show_spinner=False)
def _with_heatmap(file: str, sha256: str, name: str, version: str) -> tuple[np.ndarray, bool, str]:
    film = _scaled_film(file, sha256)
    reading = predictor_with_spinner(find_model(name)).read(read_film(Path(file)))
    if reading.heatmap is None:
        if reading.verdict == "not_assessable":
            return film, False, f"Not assessable: {reading.reasons[0]}"
        return film, False, reading.reasons[-1]
    return overlay(film, reading.heatmap, OPACITY), True, ""


def _mark(at: int, key: str, file: str) -> None:
    try:
        contest(key, file, bool(st.session_state[f"contest_{at}_{key}"]), st.session_state.get("reviewer", ""))
        audit.record(account(), "setting", what="contested label")
    except CXRError as error:
        st.session_state.contest_error = str(error)
