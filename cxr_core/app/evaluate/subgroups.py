"""The Subgroups tab: estimates of subgroups of the films."""

import streamlit as st

from cxr_core.app.evaluate import estimate_cache
from cxr_core.app.markdown import escape_markdown
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.groups import film_groups, group_rows


def show_subgroups(evaluation: Evaluation, access_note: str | None) -> None:
    """Draw the estimates of each subgroup at the threshold in use. access_note: how often test films were accessed."""
    groups, notes = film_groups(evaluation)
    if groups:
        with st.spinner("Computing the intervals of each subgroup."):
            subgroups = estimate_cache.subgroups(evaluation.scores, groups, evaluation.threshold)
        alt = f"Estimates of {len(subgroups)} subgroups of films with 95% intervals"
        table = group_rows(subgroups)
        st.dataframe(table.drop(columns="Note"), hide_index=True, height="content", alt=alt, key="subgroups")
        for note, names in table[table["Note"] != ""].groupby("Note", sort=False)["Group"]:
            st.caption(escape_markdown(f"{'; '.join(names)}: {note}"))
        st.caption(
            f"At threshold {evaluation.threshold:.3f}; intervals by patient. With this many subgroups, a difference in "
            "one of them may be due to chance."
        )
    for note in notes:
        st.caption(note)
    if access_note:
        st.caption(access_note)
