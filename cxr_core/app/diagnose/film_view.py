"""The film on screen with its banner, and others: beside it, and those that J and K show."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import streamlit as st

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.components.viewer_words import html_in_language, viewer_words
from cxr_core.app.diagnose.language import page_language
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import end_of_new_drop
from cxr_core.app.diagnose.session import FilmResult, full_range_of, screen_jpeg_of
from cxr_core.app.diagnose.settings import Settings
from cxr_core.app.diagnose.verdict import SYMBOLS, TITLES, banner
from cxr_core.app.diagnose.viewer import MAX_SIDE, PHONE_SIDE, film_data, heat_data
from cxr_core.inference.number import number_text, of_100
from cxr_core.inference.reading import Reading

KEY = "viewer"
SCRIPTS = ("diagnose/viewer_film", "diagnose/viewer_pane", "diagnose/viewer_step")


def banner_of(result: FilmResult, listed: Sequence[FilmResult], hidden: bool, settings: Settings) -> str:
    """The banner of a film of the worklist, `listed`. hidden: whether its verdict is."""
    position = _("{number} of {films}", number=listed.index(result) + 1, films=len(listed))
    about = (result.reading.file, position, settings.model.name, *settings.site_text)
    return banner(result.reading, about, result.age_notes, result.file.key, hidden)


def show_film(chosen: FilmResult, hidden: bool, listed: Sequence[FilmResult]) -> None:
    """Draw the viewer. hidden: whether the verdict is. listed: the worklist."""
    beside = _beside(listed, listed.index(chosen))
    data = _shown(chosen, hidden, listed) | {
        "beside": beside and _film(beside) | {"alt": _("For comparison: {file}", file=beside.reading.file)},
        "others": len(listed) > 1,
        "moving": bool(st.session_state.get("new_drop")),
    }
    draw_viewer(KEY, data, on_wanted_change=_want, on_beside_change=_change_beside, on_held_change=_hold)


def draw_viewer(key: str, data: Mapping[str, Any], **on_change: Callable[[], None]) -> None:
    """Draw a film, or two, in the viewer, whose words are in the session's language.

    data: of `viewer.film_data` with alternative text, heatmap and strip; on_change: see `show_component`.
    """
    data = {"words": viewer_words(), "beside": None, "others": False, "moving": False, **data}
    show_component("diagnose/viewer", key, data, SCRIPTS, page_language(), html_in_language, **on_change)


def send_ahead(chosen: FilmResult, listed: Sequence[FilmResult], hidden_keys: Set[str], settings: Settings) -> None:
    """Send the films before and after the chosen one with their banners, so that K and J show them at once.

    Drawn after all that belongs to the chosen film. Not for a phone, which has no keys, not while two films are
    compared, and not while the page itself goes to the most urgent film of a drop.
    """
    at, state = listed.index(chosen), st.session_state
    none = state.get("beside") or state.get("new_drop") or on_phone()
    places = {} if none else {"j": at + 1, "k": at - 1}
    films = {}
    for key, place in places.items():
        if 0 <= place < len(listed):
            result = listed[place]
            hidden = result.file.key in hidden_keys
            films[key] = _shown(result, hidden, listed) | {"banner": banner_of(result, listed, hidden, settings)}
    if len(listed) > 1:
        with st.container(key="ahead"):
            show_component("diagnose/ahead", "ahead_films", {"of": chosen.file.key, "films": films})


def _shown(result: FilmResult, hidden: bool, listed: Sequence[FilmResult]) -> dict[str, Any]:
    """One film of the worklist with all that is drawn on it."""
    return _film(result) | words_of(result, hidden, listed)


def words_of(result: FilmResult, hidden: bool, listed: Sequence[FilmResult]) -> dict[str, Any]:
    """Heatmap, alternative text and words for full screen of a film of the worklist, `listed`. hidden: its verdict."""
    reading = result.reading
    verdict = "hidden" if hidden else reading.verdict
    return {
        "alt": _(result.alt_text(hidden)),
        "heat": heat_data(None if hidden or verdict == "normal" else reading.heatmap),
        "strip": {
            "verdict": verdict,
            "sign": SYMBOLS[verdict],
            "word": _(TITLES[verdict]) if hidden else _answer(reading),
            "position": _("{number} of {films}", number=listed.index(result) + 1, films=len(listed)),
        },
    }


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
    key = result.file.key
    picture = screen_jpeg_of(result, PHONE_SIDE if on_phone() else MAX_SIDE)
    wanted = key in st.session_state.get("full_range", ())
    return film_data(key, result.reading.file, picture, result.source, full_range_of(result) if wanted else None)


def on_phone() -> bool:
    """Whether the browser is a phone's."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


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
