"""Two systems side by side on the same films."""

import pandas as pd
import streamlit as st

from cxr_core.app.data_set_picker import as_written
from cxr_core.app.evaluate import estimate_cache as cache
from cxr_core.app.evaluate.charts import two_rocs
from cxr_core.errors import DataSetError
from cxr_core.evaluation.compare import Comparison, compare, names_of, p_in_words
from cxr_core.evaluation.store import Evaluation
from cxr_core.labels import ESTIMATES
from cxr_core.metrics.curves import roc_curve
from cxr_core.metrics.estimate_text import in_short, quoted


def show_comparison(evaluation: Evaluation, others: list[Evaluation], beside: str | None) -> None:
    """Choose the other system; see what differs."""
    by_id = {one.id: one for one in _nearest_first(evaluation, others)}
    if not by_id:
        st.info(
            "Evaluate a second model, or another system's scores, on the same films to compare the two.",
            icon=":material/info:",
        )
        return
    chosen = st.selectbox("Compare with", list(by_id), format_func=lambda i: by_id[i].title, key="compare_with")
    other = by_id[chosen]
    try:
        found = compare(evaluation, other)
    except DataSetError as error:
        st.error(str(error), icon=":material/error:")
        return
    names = names_of(evaluation, other)
    st.markdown(f"**{len(found.a):,} films that both scored**")
    if found.left_out:
        st.caption(f"{found.left_out:,} rows are left out: scored by one of the two only, or labelled differently.")
    _tests(found, names)
    left, right = st.columns(2, gap="medium")
    with left:
        _figures(evaluation, other, found, names)
    if not found.a.one_class:
        with right:
            chart, alt = two_rocs({names[0]: roc_curve(found.a), names[1]: roc_curve(found.b)})
            st.plotly_chart(chart, alt=alt, key="chart_two_rocs", config={"displaylogo": False})
    _differing(found, names)
    if beside:
        st.caption(beside)


def _nearest_first(evaluation: Evaluation, others: list[Evaluation]) -> list[Evaluation]:
    """The other evaluations: those of other systems on these very films first."""
    fingerprint = evaluation.metrics["data"].get("films_fingerprint")
    files = set(evaluation.films["file"].str.rsplit("/").str[-1])

    def distance(one: Evaluation) -> tuple[bool, int]:
        shared = len(files & set(one.films["file"].str.rsplit("/").str[-1]))
        return one.metrics["data"].get("films_fingerprint") != fingerprint, -shared

    return sorted((one for one in others if one.id != evaluation.id), key=distance)


def _tests(found: Comparison, names: tuple[str, str]) -> None:
    auroc, p_value = found.difference.auroc, found.difference.p_value
    errors = found.errors
    one, other = map(as_written, names)
    with st.grid(2, min_column_width=320):
        with st.container(border=True):
            st.markdown("**AUROC, paired DeLong**")
            st.write(f"Difference {in_short(auroc.to_dict(), 4)}, {p_in_words(p_value)}.")
            st.caption(auroc.why or f"{one} minus {other}, with its 95% interval.")
        with st.container(border=True):
            st.markdown("**Errors at each one's threshold, McNemar**")
            st.write(f"Only {one} right: {errors.only_a_right:,}. Only {other} right: {errors.only_b_right:,}.")
            st.caption(
                f"Both right {errors.both_right:,}, both wrong {errors.both_wrong:,}; "
                f"exact test, {p_in_words(errors.p_value)}."
            )


def _figures(a: Evaluation, b: Evaluation, found: Comparison, names: tuple[str, str]) -> None:
    key = f"{a.id}-{b.id}-{len(found.a)}"
    one = cache.figures(f"{key}-a", found.a, a.threshold).to_dict()
    other = cache.figures(f"{key}-b", found.b, b.threshold).to_dict()
    rows = [
        {
            "Figure": title,
            names[0]: in_short(quoted(one, name)),
            names[1]: in_short(quoted(other, name)),
        }
        for name, title in ESTIMATES.items()
    ]
    alt = f"Figures of {names[0]} and {names[1]} with 95% intervals"
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=alt, key="compared")


def _differing(found: Comparison, names: tuple[str, str]) -> None:
    st.markdown(f"**{len(found.differ):,} films on which they differ**")
    if found.differ.empty:
        return
    columns = {
        "file": "Film",
        "patient": "Patient",
        "label": "Label",
        "score_a": f"Score of {names[0]}",
        "score_b": f"Score of {names[1]}",
        "called_a": f"{names[0]} says",
        "called_b": f"{names[1]} says",
    }
    table = found.differ[list(columns)].rename(columns=columns).round(3)
    st.dataframe(table, hide_index=True, alt="Films that the two call differently", key="differing")
