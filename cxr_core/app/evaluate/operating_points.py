"""The Operating points tab: the model's operating points on these films, and new ones chosen on validation films."""

import pandas as pd
import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.threshold_choice import choose_thresholds
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.estimate_text import number, value_with_interval
from cxr_core.reports.evaluation.tables import operating_points_on


def show_operating_points(evaluation: Evaluation, access_note: str | None) -> None:
    """Draw both tables; new operating points are refused on a test split. access_note: accesses to test films."""
    points = evaluation.record.operating_points
    if points:
        st.markdown("**The model's operating points, on these films**")
        table = operating_points_on(evaluation.scores, points)
        st.dataframe(table, hide_index=True, alt="Operating points on these films", key="points_here")
        if access_note:
            st.caption(access_note)
    st.markdown("**Choose operating points on these films**")
    if st.button("Choose operating points", icon=":material/target:", key="choose_points"):
        try:
            chosen = choose_thresholds(evaluation)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/block:")
            return
        rows = [
            {
                "Operating point": OPERATING_POINTS[name],
                "Threshold": number(point.threshold, 4),
                "Rule": point.rule,
                "Sensitivity": value_with_interval(point.sensitivity),
                "Specificity": value_with_interval(point.specificity),
            }
            for name, point in chosen.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Operating points chosen here", key="points_chosen")
        st.caption(
            "Chosen and measured on the same films, so these estimates are slightly optimistic; measure them on a test "
            "split."
        )
