"""Subgroups, operating points and the test ledger of an evaluation."""

import pandas as pd
import streamlit as st

from cxr_core.app.evaluate import estimate_cache as cache
from cxr_core.errors import CXRError
from cxr_core.evaluation.threshold_choice import choose_on
from cxr_core.evaluation.groups import film_groups, group_rows
from cxr_core.evaluation.store import Evaluation, split_in_words
from cxr_core.evaluation.test_log import openings
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.estimate_text import in_short, number
from cxr_core.paths import home


def show_subgroups(evaluation: Evaluation, beside: str | None) -> None:
    """Figures of parts of the films, at the threshold in use."""
    groups, notes = film_groups(evaluation)
    if groups:
        with st.spinner("Drawing patients of each group."):
            found = cache.subgroups(evaluation.id, evaluation.scores, groups, evaluation.threshold)
        alt = f"Figures of {len(found)} groups of films with 95% intervals"
        st.dataframe(group_rows(found), hide_index=True, height="content", alt=alt, key="subgroups")
        st.caption(
            f"At threshold {evaluation.threshold:.3f}; intervals by patient. Many groups are looked at: one that "
            "stands out may do so by chance."
        )
    for note in notes:
        st.caption(note)
    if beside:
        st.caption(beside)


def show_operating_points(evaluation: Evaluation, beside: str | None) -> None:
    """The card's operating points on these films; new ones only where they may be chosen."""
    points = evaluation.metrics.get("operating_points") or {}
    if points:
        st.markdown("**The model's operating points, on these films**")
        st.dataframe(
            _here(evaluation, points), hide_index=True, alt="Operating points on these films", key="points_here"
        )
        if beside:
            st.caption(beside)
    st.markdown("**Choose operating points on these films**")
    if st.button("Choose operating points", icon=":material/target:", key="choose_points"):
        try:
            chosen = choose_on(evaluation)
        except CXRError as error:
            st.error(str(error), icon=":material/block:")
        else:
            table = [
                {
                    "Operating point": OPERATING_POINTS[name],
                    "Threshold": number(point.threshold, 4),
                    "Rule": point.rule,
                    "Sensitivity": in_short(point.sensitivity.to_dict()),
                    "Specificity": in_short(point.specificity.to_dict()),
                }
                for name, point in chosen.items()
            ]
            st.dataframe(pd.DataFrame(table), hide_index=True, alt="Operating points chosen here", key="points_chosen")
            st.caption(
                "Chosen and measured on the same films, so a little optimistic; a test split tells what they are worth."
            )


def show_ledger(evaluation: Evaluation) -> None:
    """Every opening of a test split on this machine."""
    fingerprint = evaluation.metrics["data"].get("films_fingerprint")
    rows = [
        {
            "Time (UTC)": one.time.replace("T", " ")[:19],
            "System": one.model_sha256[:12],
            "Films": "these" if one.data_fingerprint == fingerprint else one.data_fingerprint[:10],
            "Split": split_in_words(one.split),
            "AUROC": _seen(one.figures),
        }
        for one in reversed(openings(home()))
    ]
    if not rows:
        st.caption("No test split was opened on this machine yet.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Every opening of a test split on this machine", key="ledger")
    st.caption("Written at every evaluation on a test split, here, on the command line and when a model is published.")


def _here(evaluation: Evaluation, points: dict[str, float]) -> pd.DataFrame:
    scores = evaluation.scores
    sick = scores.labels == 1
    rows = []
    for name, threshold in points.items():
        called = scores.called(threshold)
        found = wilson(int(called[sick].sum()), scores.pneumonia)
        cleared = wilson(int((~called)[~sick].sum()), scores.normal)
        row = {"Operating point": OPERATING_POINTS.get(name, name), "Threshold": number(threshold, 4)}
        rows.append(row | {"Sensitivity": in_short(found.to_dict()), "Specificity": in_short(cleared.to_dict())})
    return pd.DataFrame(rows)


def _seen(figures: dict) -> str:
    figure = figures.get("auroc")
    return number(figure[0]) if isinstance(figure, list) else number((figure or {}).get("value"))
