"""The Compare tab: two systems on the same films."""

import pandas as pd
import streamlit as st

from cxr_core.app.evaluate import estimate_cache
from cxr_core.app.evaluate.charts import two_rocs
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import DataSetError
from cxr_core.evaluation.compare import Comparison, compare, differences_in_words, p_value_text, system_names
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.labels import ESTIMATES
from cxr_core.metrics.curves import roc_curve
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.metrics.film_metrics import estimate_to_report


def show_comparison(evaluation: Evaluation, others: list[Evaluation], access_note: str | None) -> None:
    """Draw the choice of the other system, the tests, both systems' estimates and the films on which they differ."""
    by_id = {one.id: one for one in _most_comparable_first(evaluation, others)}
    if not by_id:
        st.info(
            "Evaluate a second model, or another system's scores, on the same films to compare the two. "
            "No other evaluation here has a film in common with this one.",
            icon=":material/info:",
        )
        return
    chosen = st.selectbox("Compare with", list(by_id), format_func=lambda i: by_id[i].title, key="compare_with")
    other = by_id[chosen]
    try:
        comparison = compare(evaluation, other)
    except DataSetError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    names = system_names(evaluation, other)
    st.markdown(f"**{len(comparison.a):,} films that both scored**")
    if comparison.left_out:
        st.caption(f"{comparison.left_out:,} rows are left out: scored by only one system, or with different labels.")
    st.markdown(" ".join(map(escape_markdown, differences_in_words(comparison, names))))
    _tests(comparison, names)
    left, right = st.columns(2, gap="medium")
    with left:
        _estimates(evaluation, other, comparison, names)
    if not comparison.a.one_class_reason:
        with right:
            chart, alt = two_rocs({names[0]: roc_curve(comparison.a), names[1]: roc_curve(comparison.b)})
            st.plotly_chart(chart, alt=alt, key="chart_two_rocs", config={"displaylogo": False})
    _differing(comparison, names)
    if access_note:
        st.caption(access_note)


def _most_comparable_first(evaluation: Evaluation, others: list[Evaluation]) -> list[Evaluation]:
    """The other evaluations with a common file: those on exactly these films first, then by their number."""
    fingerprint = evaluation.record.films_fingerprint
    files = set(_names(evaluation))
    shared = {one.id: len(files & set(_names(one))) for one in others if one.id != evaluation.id}
    comparable = [
        one
        for one in others
        if shared.get(one.id) or (one.id in shared and one.record.films_fingerprint == fingerprint)
    ]
    return sorted(comparable, key=lambda one: (one.record.films_fingerprint != fingerprint, -shared[one.id]))


def _names(evaluation: Evaluation) -> list[str]:
    """Content and file name of each film, either of which finds it in another evaluation."""
    films = evaluation.films
    names = films["file"].str.replace("\\", "/").str.rsplit("/").str[-1]
    return [*names, *(films["sha256"][films["sha256"] != ""] if "sha256" in films else ())]


def _tests(comparison: Comparison, names: tuple[str, str]) -> None:
    auroc, p_value = comparison.difference.auroc, comparison.difference.p_value
    errors = comparison.errors
    one, other = map(escape_markdown, names)
    with st.grid(2, min_column_width=320):
        with st.container(border=True):
            st.markdown("**AUROC, paired DeLong by patient**")
            st.write(f"Difference {value_with_interval(auroc, 4)}, {p_value_text(p_value)}.")
            st.caption(auroc.reason or f"{one} minus {other}, with its 95% interval.")
        with st.container(border=True):
            st.markdown("**Errors at each system's threshold, McNemar by patient**")
            st.write(f"Only {one} right: {errors.only_a_right:,}. Only {other} right: {errors.only_b_right:,}.")
            st.caption(
                f"Both right {errors.both_right:,}, both wrong {errors.both_wrong:,}; "
                f"exact test, {p_value_text(errors.p_value)}."
            )


def _estimates(a: Evaluation, b: Evaluation, comparison: Comparison, names: tuple[str, str]) -> None:
    one = estimate_cache.estimates(comparison.a, a.threshold)
    other = estimate_cache.estimates(comparison.b, b.threshold)
    rows = [
        {
            "Estimate": title,
            names[0]: value_with_interval(estimate_to_report(one, name)),
            names[1]: value_with_interval(estimate_to_report(other, name)),
        }
        for name, title in ESTIMATES.items()
    ]
    alt = f"Estimates of {names[0]} and {names[1]} with 95% intervals"
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=alt, key="compared")


def _differing(comparison: Comparison, names: tuple[str, str]) -> None:
    count = len(comparison.differ)
    st.markdown(f"**{count:,} film{'' if count == 1 else 's'} on which they differ**")
    if comparison.differ.empty:
        return
    columns = {
        "file": "Film",
        "patient": "Patient",
        "label": "Label",
        "score_a": f"Score of {names[0]}",
        "score_b": f"Score of {names[1]}",
        "called_a": f"Called by {names[0]}",
        "called_b": f"Called by {names[1]}",
    }
    table = comparison.differ[list(columns)].rename(columns=columns).round(3)
    st.dataframe(table, hide_index=True, alt="Films that the two systems call differently", key="differing")
