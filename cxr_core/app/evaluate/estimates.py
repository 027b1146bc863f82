"""The Figures tab: threshold and prevalence sliders, estimates with intervals, and charts that follow the sliders."""

import pandas as pd
import streamlit as st

from cxr_core.app.evaluate import charts, estimate_cache
from cxr_core.evaluation.answers import answers_in_words
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate_text import interval, number, rows, value_with_interval
from cxr_core.metrics.film_metrics import Metrics, estimate_to_report
from cxr_core.metrics.prevalence import predictive_value_text
from cxr_core.metrics.scores import Scores

TILES = ("sensitivity", "specificity", "auroc", "accuracy")


@st.fragment
def show_estimates(evaluation: Evaluation, variants: dict[str, Scores], access_note: str | None) -> None:
    """Draw sliders, tiles, table and charts.

    variants: scores by name: of all films, then, if some labels are contested, of the others. access_note: how often
    the test films were accessed, to show next to the estimates; None for other films.
    """
    threshold = _threshold(evaluation)
    scores = next(iter(variants.values()))
    by_variant = {name: estimate_cache.estimates(part, threshold) for name, part in variants.items()}
    for name, metrics in by_variant.items():
        if len(variants) > 1:
            st.markdown(f"**{name}**, {metrics.films:,} films")
        _tiles(metrics, access_note)
    _predictive_values(evaluation, scores, threshold, metrics)
    _charts(evaluation, scores, threshold, next(iter(by_variant.values())))
    st.header("All estimates", anchor=False)
    for name, metrics in by_variant.items():
        if len(variants) > 1:
            st.markdown(f"**{name}**")
        _table(evaluation, name, metrics)
    st.caption(
        f"{scores.pneumonia:,} films with pneumonia and {scores.normal:,} normal ones of "
        f"{pd.unique(pd.Series(scores.patients)).size:,} patients. Wilson and DeLong intervals treat films as "
        "independent. The interval by patient resamples whole patients; report it where patients have several films."
    )
    if answers := evaluation.record.answers:
        st.caption(answers_in_words(answers))
    if access_note:
        st.caption(access_note)


def _threshold(evaluation: Evaluation) -> float:
    """The threshold of the slider, which the buttons set to an operating point."""
    key = f"threshold_{evaluation.id}"
    st.session_state.setdefault(key, round(evaluation.threshold, 3))
    points = evaluation.record.operating_points
    with st.container(horizontal=True, vertical_alignment="bottom"):
        slider = st.container(width="stretch")
        for name, value in points.items():
            st.button(
                f"{OPERATING_POINTS.get(name, name)} {value:.2f}",
                key=f"{key}_{name}",
                on_click=st.session_state.__setitem__,
                args=(key, round(value, 3)),
                help="An operating point of the model card, chosen on validation patients.",
            )
        chosen = slider.slider(
            "Threshold: classified as pneumonia at this score or above",
            0.0,
            1.0,
            step=0.001,
            key=key,
            persist_state="session",
        )
    exact = [value for value in (evaluation.threshold, *points.values()) if round(value, 3) == chosen]
    if chosen != round(evaluation.threshold, 3) and evaluation.split and not exact:
        st.caption(":material/visibility: Do not report estimates at a threshold that was chosen on the same films.")
    return exact[0] if exact else chosen


def _tiles(metrics: Metrics, access_note: str | None) -> None:
    with st.grid("auto", min_column_width=200):
        for name in TILES:
            estimate = estimate_to_report(metrics, name)
            st.metric(
                ESTIMATES[name].split(" (")[0],
                number(estimate.value),
                interval(estimate) or "no interval",
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=f"95% interval by {estimate.method}. {estimate.reason or ''}",
            )
    if access_note:
        st.caption(f":material/history: {access_note}")


def _table(evaluation: Evaluation, variant: str, metrics: Metrics) -> None:
    table = pd.DataFrame(rows(metrics))
    notes = table.loc[table["Note"] != "", ["Estimate", "Note"]]
    st.dataframe(
        table.drop(columns="Note"),
        hide_index=True,
        height="content",
        column_config={"Method": st.column_config.Column(width="large")},
        alt=f"Estimates of {evaluation.name} with 95% intervals at threshold {metrics.threshold:.3f}: {variant}",
        key=f"figures_{variant}",
    )
    for title, note in notes.itertuples(index=False):
        st.caption(f"{title}: {note}")


def _predictive_values(evaluation: Evaluation, scores: Scores, threshold: float, metrics: Metrics) -> None:
    """Draw the prevalence slider and the predictive values at that prevalence."""
    if scores.one_class_reason:
        st.caption(f"PPV and NPV at another prevalence: {scores.one_class_reason}")
        return
    with st.container(border=True):
        key = f"prevalence_{evaluation.id}"
        observed = round(100 * scores.pneumonia / len(scores))
        st.session_state.setdefault(key, max(1, min(99, observed)))
        percent = st.slider("Prevalence of pneumonia", 1, 99, format="%d%%", key=key)
        if percent == observed:  # as in the table above
            values = {name: estimate_to_report(metrics, name) for name in ("ppv", "npv")}
        else:
            values = estimate_cache.predictive_values_at(scores, threshold, percent / 100)
        for column, name, answer in zip(
            st.columns(2, gap="medium"), ("ppv", "npv"), ("pneumonia", "normal"), strict=True
        ):
            with column:
                st.markdown(f"**{ESTIMATES[name].split(' (')[0]} {value_with_interval(values[name])}**")
                st.write(predictive_value_text(values[name], answer))
        st.caption(
            f"The prevalence among these films is {observed}%. Sensitivity and specificity are assumed to be the same "
            "at other prevalences."
        )


def _charts(evaluation: Evaluation, scores: Scores, threshold: float, metrics: Metrics) -> None:
    points = estimate_cache.curves(scores)
    drawn: dict[str, charts.Chart | str] = {"confusion": charts.confusion_matrix(metrics.confusion)}
    sensitivity, specificity, ppv = (metrics.estimates[name].value for name in ("sensitivity", "specificity", "ppv"))
    if isinstance(points["roc"], str) or sensitivity is None or specificity is None:
        drawn |= {"roc": points["roc"], "precision_recall": points["precision_recall"]}
    else:
        band = None if isinstance(points["band"], str) else points["band"]
        at_threshold = (1 - specificity, sensitivity)
        drawn["roc"] = charts.roc(points["roc"], band, at_threshold, _operating_points(evaluation, scores))
        drawn["precision_recall"] = charts.precision_recall(
            points["precision_recall"],
            None if ppv is None else (sensitivity, ppv),
            scores.pneumonia / len(scores),
        )
    drawn["reliability"] = charts.reliability(points["reliability"], threshold)
    drawn["histogram"] = charts.histograms(points["histogram"], threshold)
    drawn["decision"] = charts.decision(points["decision"], threshold)
    with st.grid(2, min_column_width=420) as grid:
        for name, chart in drawn.items():
            with grid.cell():
                if isinstance(chart, str):
                    st.info(chart, icon=":material/info:")
                else:
                    image = {"format": "svg", "filename": f"{name}-{evaluation.id}"}
                    options = {"displaylogo": False, "toImageButtonOptions": image}
                    st.plotly_chart(chart[0], alt=chart[1], key=f"chart_{name}", config=options)


def _operating_points(evaluation: Evaluation, scores: Scores) -> dict[str, tuple[float, float]]:
    """The card's operating points on the ROC curve of these films: (1 - specificity, sensitivity) by name."""
    points = {}
    for name, threshold in evaluation.record.operating_points.items():
        called = scores.called(threshold)
        points[name] = (float(called[scores.labels == 0].mean()), float(called[scores.labels == 1].mean()))
    return points
