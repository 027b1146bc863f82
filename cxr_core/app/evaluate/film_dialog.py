"""The dialog for a misclassified film: the viewer of Diagnose, with the heatmap, and keys to the next one."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.app.address import asked_for, name_film, write_address
from cxr_core.app.diagnose.film_view import draw_viewer
from cxr_core.app.diagnose.verdict import SYMBOLS
from cxr_core.app.diagnose.viewer import film_data, heat_data, screen_jpeg
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.full_range import full_range
from cxr_core.labels import PNEUMONIA
from cxr_core.models.registry import Model

ADDRESS_DIGITS = 16
KEY, SHOWN = "error_viewer", "error_shown"


def error_in_words(film: pd.Series) -> str:
    """ "Missed, score 0.123": what is wrong with the answer for a film."""
    return f"{'Missed' if film['label'] == PNEUMONIA else 'False alarm'}, score {film['score']:.3f}"


def offer_film(films: pd.DataFrame, at: int, root: Path, model: Model | None) -> None:
    """Draw the button that opens the film in row `at`. films: those that the dialog's keys lead through."""
    if st.button("Open film", icon=":material/zoom_in:", key=f"open_{at}"):
        st.session_state[SHOWN] = at
        _dialog(films, root, model)


def open_asked_film(films: pd.DataFrame, root: Path, model: Model | None) -> None:
    """Open the film that the address names."""
    addresses = [_address(film) for _, film in films.iterrows()]
    if asked := asked_for("film", addresses, "Misclassified film"):
        st.session_state[SHOWN] = addresses.index(asked)
        _dialog(films, root, model)


def _address(film: pd.Series) -> str:
    """What stands for a film in an address: of its content, or of its name where that is all that is known."""
    return str(film.get("sha256") or hashlib.sha256(film["file"].encode()).hexdigest())[:ADDRESS_DIGITS]


def _close() -> None:
    write_address("film", None)


@st.dialog("Misclassified film", width="large", icon=":material/radiology:", on_dismiss=_close)
def _dialog(films: pd.DataFrame, root: Path, model: Model | None) -> None:
    at = min(st.session_state[SHOWN], len(films) - 1)
    row = films.iloc[at]
    write_address("film", _address(row))
    name_film(_address(row), "Evaluate")
    name = row["file"].rsplit("/", 1)[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{error_in_words(row)}**  \n{escape_markdown(name)}, labelled {row['label']}, "
            f"patient {escape_markdown(row['patient'])}",
            width="stretch",
        )
        _neighbours(at, len(films))
    try:
        film = read_film(root / row["file"])
        if (sha256 := str(row.get("sha256", ""))) and film.sha256 != sha256:
            raise UnreadableFilm("is no longer the film that was evaluated", thing=name)
        heatmap, reason = _heatmap(film, model) if model else (None, "")
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        return
    called = "normal" if row["label"] == PNEUMONIA else "pneumonia"
    strip = {"verdict": called, "sign": SYMBOLS[called], "word": error_in_words(row)}
    wanted = st.session_state.get("error_values") == film.sha256
    values = full_range((root / row["file"]).read_bytes(), film.pixels, film.source) if wanted else None
    data = film_data(film.sha256, name, screen_jpeg(film.pixels), film.source, values) | {
        "alt": f"Chest X-ray {name}, labelled {row['label'].lower()}, {error_in_words(row).lower()}",
        "heat": heat_data(heatmap),
        "strip": strip | {"position": f"{at + 1} of {len(films)}"},
    }
    draw_viewer(KEY, data, on_wanted_change=_want)
    if reason:
        st.caption(escape_markdown(reason))


def _neighbours(at: int, films: int) -> None:
    """Buttons, and arrow keys, that lead to the film before and the one after."""
    for name, key, to in (("Previous", "Left", at - 1), ("Next", "Right", at + 1)):
        st.button(name, shortcut=key, disabled=not 0 <= to < films, on_click=_show, args=(to,))
    st.caption(f"{at + 1:,} of {films:,}", width="content")


def _show(at: int) -> None:
    st.session_state[SHOWN] = at


def _want() -> None:
    """The reader windows the film: its values are sent. The browser may send any value."""
    st.session_state.error_values = st.session_state[KEY].wanted


def _heatmap(film: Film, model: Model) -> tuple[np.ndarray | None, str]:
    """The heatmap, `float32 (h, w)` in [0, 1], and the reason where there is none; the last films' are kept."""
    kept: dict[tuple[str, str], tuple[np.ndarray | None, str]] = st.session_state.setdefault("error_heatmaps", {})
    about = (film.sha256, model.version)
    if about not in kept:
        reading = predictor_with_spinner(model).read(film)
        first = 0 if reading.verdict == "not_assessable" else -1
        kept[about] = reading.heatmap, "" if reading.heatmap is not None else reading.reasons[first]
        while len(kept) > 8:
            del kept[next(iter(kept))]
    return kept[about]
