"""The local prevalence: asked once, beside the number that depends on it, and kept for the session."""

import streamlit as st

from cxr_core.app.diagnose.language import translated as _
from cxr_core.inference.decision import Rules
from cxr_core.metrics.prevalence import LEAST_PREVALENCE, MOST_PREVALENCE

KEY, STATED = "prevalence", "prevalence_stated"


def prevalence_of_session(rules: Rules) -> float:
    """What the reader has stated, in [0.02, 0.8], or the default of these rules."""
    return float(st.session_state.get(KEY, round(100 * rules.prevalence))) / 100


def is_assumed(rules: Rules) -> bool:
    """Whether neither the reader, in this session, nor a site profile has stated the prevalence."""
    return not (st.session_state.get(STATED, False) or rules.site)


def forget_prevalence() -> None:
    """Return to the default, for another site."""
    for key in (KEY, STATED):
        st.session_state.pop(key, None)


def ask_prevalence(rules: Rules) -> None:
    """Draw the field; a change counts as stated."""
    st.number_input(
        _("Pneumonia per 100 here"),
        round(100 * LEAST_PREVALENCE),
        round(100 * MOST_PREVALENCE),
        round(100 * prevalence_of_session(rules)),
        key=KEY,
        persist_state="session",
        on_change=lambda: st.session_state.__setitem__(STATED, True),
        width=180,
        help=_("Of 100 patients whose film you read here, how many have pneumonia? Number and verdict depend on it."),
    )
