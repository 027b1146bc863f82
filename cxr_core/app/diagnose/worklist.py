"""The worklist: every film with its verdict, chosen by mouse or keys.

Names of files reach the browser as text, never as markup.
"""

from collections import Counter
from collections.abc import Sequence, Set

import streamlit as st

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.diagnose.session import Answer
from cxr_core.app.diagnose.verdict import SIGNS, WORDS
from cxr_core.inference.wording import percent

KEY = "worklist"


def filtered(answers: Sequence[Answer], unsaid: Set[str]) -> list[Answer]:
    """The answers that the reader wants to see, in the worklist's order; a control above chooses them by verdict.

    unsaid: keys of the films whose verdict is hidden until the reader has said theirs; while there are any, all stay
    as they were dropped, so that neither their order nor a film's leaving its place tells what we would say.
    """
    ranked = list(answers) if unsaid else sorted(answers, key=lambda answer: answer.rank, reverse=True)
    counts = Counter(_verdict(answer, unsaid) for answer in ranked)
    if len(answers) < 2:
        return ranked
    wanted = st.pills(
        "Show",
        [verdict for verdict in WORDS if counts[verdict]],
        format_func=lambda verdict: f"{SIGNS[verdict]} {WORDS[verdict]} {counts[verdict]}",
        selection_mode="multi",
        key="wanted",
        label_visibility="collapsed",
    )
    return [answer for answer in ranked if not wanted or _verdict(answer, unsaid) in wanted] or ranked


def choose_film(shown: Sequence[Answer]) -> Answer:
    """The film on screen: the one that was chosen, or the first; buttons and keys step through the others."""
    state = st.session_state
    keys = [answer.file.key for answer in shown]
    if state.get("chosen") not in keys:
        state.chosen = keys[0]
    place = keys.index(state.chosen)
    if len(keys) > 1:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            for label, step, icon, shortcut in (("Previous", -1, "upward", "K"), ("Next", 1, "downward", "J")):
                st.button(
                    label,
                    icon=f":material/arrow_{icon}:",
                    shortcut=shortcut,
                    disabled=not 0 <= place + step < len(keys),
                    on_click=state.__setitem__,
                    args=("chosen", keys[(place + step) % len(keys)]),
                )
            st.caption(f"{place + 1} of {len(keys)}", width="content")
    return shown[place]


def show_worklist(shown: Sequence[Answer], chosen: Answer, unsaid: Set[str]) -> None:
    """Draw the list."""
    rows = [_row(answer, answer.file.key in unsaid) for answer in shown]

    def choose() -> None:
        picked = st.session_state[KEY].picked
        if any(row["key"] == picked for row in rows):  # the browser may send anything
            st.session_state.chosen = picked

    data = {"rows": rows, "chosen": chosen.file.key}
    show_component("diagnose/worklist", KEY, data, on_picked_change=choose)


def _row(answer: Answer, hidden: bool) -> dict[str, str]:
    """A line: what the browser sets as text, and the verdict, which sets the colour."""
    reading = answer.reading
    verdict = "hidden" if hidden else reading.verdict
    number = "" if hidden or reading.probability is None else percent(reading.probability)
    about = {"verdict": verdict, "sign": SIGNS[verdict], "word": WORDS[verdict], "number": number}
    return about | {"key": answer.file.key, "name": reading.file, "sha256": reading.sha256}


def _verdict(answer: Answer, unsaid: Set[str]) -> str:
    return "hidden" if answer.file.key in unsaid else answer.reading.verdict
