"""The film on screen, and another beside it: what the viewer shows, and what the reader asks it for."""

from collections.abc import Sequence
from html import escape as escaped
from typing import Any

import numpy as np
import streamlit as st

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.components.viewer_words import html_in_language, viewer_words
from cxr_core.app.diagnose.language import page_language
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import end_of_new_drop
from cxr_core.app.diagnose.session import FilmResult, full_range_of, screen_jpeg_of
from cxr_core.app.diagnose.verdict import SYMBOLS, TITLES
from cxr_core.app.diagnose.viewer import MAX_SIDE, PHONE_SIDE, as_link, heat_data, millimetres, values_data
from cxr_core.inference.number import number_text, of_100
from cxr_core.inference.reading import Reading

KEY = "viewer"
SCRIPTS = ("diagnose/viewer_film", "diagnose/viewer_pane")


def mark_film(chosen: FilmResult) -> None:
    """Say which film the banner belongs to; before the banner, so that the viewer hides any other film."""
    st.html(f'<span data-on-screen="{escaped(chosen.file.key)}"></span>')


def show_film(chosen: FilmResult, heatmap: np.ndarray | None, hidden: bool, listed: Sequence[FilmResult]) -> None:
    """Draw the viewer.

    heatmap: `float32 (h, w)` in [0, 1], or None to show none. hidden: whether the verdict is. listed: the worklist.
    """
    keys = [result.file.key for result in listed]
    at = keys.index(chosen.file.key)
    verdict = "hidden" if hidden else chosen.reading.verdict
    beside = _beside(listed, at)
    data = _film(chosen) | {
        "alt": _(chosen.alt_text(hidden)),
        "words": viewer_words(),
        "heat": heat_data(heatmap),
        "beside": beside and _film(beside) | {"alt": _("For comparison: {file}", file=beside.reading.file)},
        "others": len(listed) > 1,
        "moving": bool(st.session_state.get("new_drop")),
        "strip": {
            "verdict": verdict,
            "sign": SYMBOLS[verdict],
            "word": _(TITLES[verdict]) if hidden else _answer(chosen.reading),
            "position": _("{number} of {films}", number=at + 1, films=len(listed)),
        },
    }
    show_component(
        "diagnose/viewer",
        KEY,
        data,
        SCRIPTS,
        page_language(),
        html_in_language,
        on_wanted_change=_want,
        on_beside_change=_change_beside,
        on_held_change=_hold,
    )


def _answer(reading: Reading) -> str:
    """The verdict with its number and the prevalence that this holds for."""
    if reading.probability_here is None or reading.prevalence is None:
        return _(TITLES[reading.verdict])
    return _(
        "{verdict} · {number} where {patients} of 100 patients have it",
        verdict=TITLES[reading.verdict],
        number=number_text(reading.probability_here),
        patients=of_100(reading.prevalence),
    )


def _film(result: FilmResult) -> dict[str, Any]:
    """One film for the viewer; with its values if the reader asked for them."""
    source, key = result.source, result.file.key
    spacing = millimetres(source)
    side = PHONE_SIDE if "Mobi" in (st.context.headers.get("User-Agent") or "") else MAX_SIDE
    return {
        "film": key,
        "name": result.reading.file,
        "picture": as_link(screen_jpeg_of(result, side)),
        "width": source.width,
        "height": source.height,
        "millimetres": spacing and spacing[0],
        "at_detector": spacing and spacing[1],
        "values": values_data(full_range_of(result)) if key in st.session_state.get("full_range", ()) else None,
    }


def _want() -> None:
    """The reader windows a film: its values are sent. The browser may send any value."""
    wanted = st.session_state[KEY].wanted
    if isinstance(wanted, str):
        st.session_state.full_range = (*st.session_state.get("full_range", ())[-1:], wanted)


def _beside(listed: Sequence[FilmResult], at: int) -> FilmResult | None:
    """The film to compare with: the next of the list but the chosen one, and so on; None if none is wanted."""
    steps: int = st.session_state.get("beside", 0)
    if not steps or len(listed) < 2:
        return None
    return listed[(at + 1 + (steps - 1) % (len(listed) - 1)) % len(listed)]


def _change_beside() -> None:
    """Another film beside the chosen one, or none."""
    state = st.session_state
    state.beside = state.get("beside", 0) + 1 if state[KEY].beside == "next" else int(not state.get("beside"))


def _hold() -> None:
    """The reader works with the film on screen: the page goes to no other one while more are read."""
    end_of_new_drop()
