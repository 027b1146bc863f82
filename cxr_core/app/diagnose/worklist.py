"""The worklist: every film with its verdict, selected by mouse or keyboard.

File names reach the browser as text, never as markup.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import streamlit as st

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.components.viewer_words import html_in_language
from cxr_core.app.diagnose.language import page_language
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import end_of_new_drop, is_new
from cxr_core.app.diagnose.session import FilmResult
from cxr_core.app.diagnose.verdict import SYMBOLS, TITLES
from cxr_core.inference.number import number_text
from cxr_core.languages import in_language

KEY = "worklist"


def filtered(results: Sequence[FilmResult], hidden: Set[str]) -> list[FilmResult]:
    """The results in the worklist's order, the most probable pneumonia first; a control above filters them by verdict.

    hidden: keys of the films whose verdict is hidden until the clinician has entered theirs. While there are any, the
    films stay in the order in which they were dropped, so that the order does not reveal a verdict.
    """
    ranked = list(results) if hidden else sorted(results, key=lambda result: result.rank, reverse=True)
    counts = Counter(_verdict(result, hidden) for result in ranked)
    if len(results) < 2:
        return ranked
    wanted = st.pills(
        _("Show"),
        [verdict for verdict in TITLES if counts[verdict]],
        format_func=lambda verdict: f"{SYMBOLS[verdict]} {_(TITLES[verdict])} {counts[verdict]}",
        selection_mode="multi",
        key="wanted",
        label_visibility="collapsed",
        wrap=True,
    )
    return [result for result in ranked if not wanted or _verdict(result, hidden) in wanted] or ranked


def choose_film(shown: Sequence[FilmResult]) -> FilmResult:
    """The selected film, at first the first one of the last drop; buttons and keys step to the previous and next."""
    state = st.session_state
    keys = [result.file.key for result in shown]
    if new := [key for key in keys if is_new(key)]:
        state.chosen = new[0]
    elif state.get("chosen") not in keys:
        state.chosen = keys[0]
    position = keys.index(state.chosen)
    if len(keys) > 1:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for label, step, icon, shortcut in (
                (_("Previous"), -1, "upward", "K"),
                (_("Next"), 1, "downward", "J"),
            ):
                st.button(
                    label,
                    icon=f":material/arrow_{icon}:",
                    shortcut=shortcut,
                    disabled=not 0 <= position + step < len(keys),
                    on_click=_go_to,
                    args=(keys[(position + step) % len(keys)],),
                )
            st.caption(_("{number} of {films}", number=position + 1, films=len(keys)), width="content")
    return shown[position]


def show_worklist(shown: Sequence[FilmResult], chosen: FilmResult, hidden: Set[str]) -> None:
    """Draw the list, with the chosen film selected; see `filtered` for `hidden`."""
    language, words = page_language(), {verdict: _(title) for verdict, title in TITLES.items()}
    rows = [_row(result, result.file.key in hidden, words, language) for result in shown]

    def choose() -> None:
        picked = st.session_state[KEY].picked
        if any(row["key"] == picked for row in rows):  # the browser may send any value
            _go_to(picked)

    data = {"rows": rows, "chosen": chosen.file.key}
    show_component("diagnose/worklist", KEY, data, (), language, html_in_language, on_picked_change=choose)


def _go_to(key: str) -> None:
    """Show a film by the reader's wish."""
    end_of_new_drop()
    st.session_state.chosen = key


def _row(result: FilmResult, hidden: bool, words: Mapping[str, str], language: str) -> dict[str, str]:
    """A row of the list: its texts, and the verdict, which determines the colour. words: of the verdicts."""
    reading = result.reading
    verdict = "hidden" if hidden else reading.verdict
    here = None if hidden else reading.probability_here
    number = "" if here is None else in_language(number_text(here), language)
    texts = {"verdict": verdict, "sign": SYMBOLS[verdict], "word": words[verdict], "number": number}
    return texts | {"key": result.file.key, "name": reading.file, "sha256": reading.sha256}


def _verdict(result: FilmResult, hidden: Set[str]) -> str:
    return "hidden" if result.file.key in hidden else result.reading.verdict
