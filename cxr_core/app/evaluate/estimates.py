"""An evaluation on the screen: sliders, figures with intervals, drawings that follow the sliders."""

import pandas as pd
import streamlit as st

from cxr_core.app.evaluate import charts
from cxr_core.app.evaluate import estimate_cache as cache
from cxr_core.evaluation.store import Evaluation
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate_text import in_short, interval, number, quoted, rows
from cxr_core.metrics.classification import Metrics
from cxr_core.metrics.prevalence import children_like_these
from cxr_core.metrics.scores import Scores

TILES = ("sensitivity", "specificity", "auroc", "accuracy")


@st.fragment
def show_figures(evaluation: Evaluation, variants: dict[str, Scores], beside: str | None) -> None:
    """Sliders, tiles, table and drawings.

    variants: the scores of all films first, then, if films are contested, without those. beside: the ledger's count or
    another sentence that has to stand beside every figure.
    """
    threshold = _threshold(evaluation)
    scores = next(iter(variants.values()))
    for name, part in variants.items():
        if len(variants) > 1:
            st.markdown(f"**{name}**, {len(part):,} films")
        _tiles(cache.figures(f"{evaluation.id}-{name}", part, threshold), beside)
    _predictive_values(evaluation, scores, threshold)
    _drawings(
        evaluation, scores, threshold, cache.figures(f"{evaluation.id}-{next(iter(variants))}", scores, threshold)
    )
    st.subheader("Every figure", anchor=False)
    for name, part in variants.items():
        metrics = cache.figures(f"{evaluation.id}-{name}", part, threshold)
        if len(variants) > 1:
            st.markdown(f"**{name}**")
        table = pd.DataFrame(rows(metrics.to_dict()))
        notes = table.loc[table["Note"] != "", ["Figure", "Note"]]
        st.dataframe(
            table.drop(columns="Note"),
            hide_index=True,
            height="content",
            column_config={"Method": st.column_config.Column(width="large")},
            alt=f"Figures of {evaluation.name} with 95% intervals at threshold {threshold:.3f}, {name.lower()}",
            key=f"figures_{name}",
        )
        for title, note in notes.itertuples(index=False):
            st.caption(f"{title}: {note}")
    st.caption(
        f"{scores.pneumonia:,} films with pneumonia and {scores.normal:,} normal ones of "
        f"{pd.unique(pd.Series(scores.patients)).size:,} patients. Wilson's and DeLong's intervals take films as "
        "independent; the interval by patient draws whole patients, and is the one to quote where patients have "
        "several films."
    )
    if beside:
        st.caption(beside)


def _threshold(evaluation: Evaluation) -> float:
    """The slider, and the buttons that set it to an operating point."""
    key = f"threshold_{evaluation.id}"
    st.session_state.setdefault(key, round(evaluation.threshold, 3))
    points = evaluation.metrics.get("operating_points") or {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        slider = st.container(width="stretch")
        for name, value in points.items():
            st.button(
                f"{OPERATING_POINTS.get(name, name)} {value:.2f}",
                key=f"{key}_{name}",
                on_click=st.session_state.__setitem__,
                args=(key, round(value, 3)),
                help="An operating point of the model's card, chosen on validation patients.",
            )
        chosen = slider.slider("Threshold: called pneumonia at this score or above", 0.0, 1.0, step=0.001, key=key)
    exact = [value for value in (evaluation.threshold, *points.values()) if round(value, 3) == chosen]
    if chosen != round(evaluation.threshold, 3) and evaluation.metrics["split"] and not exact:
        st.caption(
            ":material/visibility: A threshold moved by hand shows what would have been; it is not a figure to report "
            "for the films it was moved on."
        )
    return exact[0] if exact else chosen


def _tiles(metrics: Metrics, beside: str | None) -> None:
    told = metrics.to_dict()
    with st.grid("auto", min_column_width=200):
        for name in TILES:
            figure = quoted(told, name)
            label = ESTIMATES[name].split(" (")[0]
            between = interval(figure)
            st.metric(
                label,
                number(figure["value"]),
                between or "no interval",
                delta_color="off",
                delta_arrow="off",
                border=True,
                help=f"95% interval by {figure['method']}. {figure['why'] or ''}",
            )
    if beside:
        st.caption(f":material/history: {beside}")


def _predictive_values(evaluation: Evaluation, scores: Scores, threshold: float) -> None:
    """The prevalence slider, and what an answer means there."""
    if scores.one_class:
        st.caption(f"PPV and NPV at another prevalence: {scores.one_class}")
        return
    with st.container(border=True):
        key = f"prevalence_{evaluation.id}"
        here = round(100 * scores.pneumonia / len(scores))
        st.session_state.setdefault(key, max(1, min(99, here)))
        percent = st.slider("Children with pneumonia among those filmed", 1, 99, format="%d%%", key=key)
        found = cache.frequencies(f"{evaluation.id}-{len(scores)}", scores, threshold, percent / 100)
        left, right = st.columns(2, gap="medium")
        for place, name, answer in ((left, "ppv", "pneumonia"), (right, "npv", "normal")):
            with place:
                st.markdown(f"**{ESTIMATES[name].split(' (')[0]} {in_short(found[name].to_dict())}**")
                st.write(children_like_these(found[name], answer))
        st.caption(
            f"Here {here}% of films show pneumonia. Sensitivity and specificity are taken to be the same elsewhere."
        )


def _drawings(evaluation: Evaluation, scores: Scores, threshold: float, metrics: Metrics) -> None:
    made = cache.drawings(f"{evaluation.id}-{len(scores)}", scores)
    figures, counts = metrics.figures, metrics.confusion
    drawn: list[tuple[str, charts.Chart | str]] = [("confusion", charts.confusion_matrix(counts))]
    both = figures["sensitivity"].value is not None and figures["specificity"].value is not None
    if isinstance(made["roc"], str) or not both:
        drawn += [("roc", made["roc"]), ("precision_recall", made["precision_recall"])]
    else:
        here = (1 - float(figures["specificity"].value or 0), float(figures["sensitivity"].value or 0))
        band = None if isinstance(made["band"], str) else made["band"]
        drawn.append(("roc", charts.roc(made["roc"], band, here, _points(evaluation, scores))))
        ppv = figures["ppv"].value
        at = None if ppv is None else (here[1], ppv)
        drawn.append(
            (
                "precision_recall",
                charts.precision_recall(made["precision_recall"], at, scores.pneumonia / len(scores)),
            )
        )
    drawn.append(("reliability", charts.reliability(made["reliability"], threshold)))
    drawn.append(("histogram", charts.histograms(made["histogram"], threshold)))
    drawn.append(("decision", charts.decision(made["decision"], threshold)))
    with st.grid(2, min_column_width=420) as grid:
        for name, chart in drawn:
            with grid.cell():
                if isinstance(chart, str):
                    st.info(chart, icon=":material/info:")
                else:
                    image = {"format": "svg", "filename": f"{name}-{evaluation.id}"}
                    options = {"displaylogo": False, "toImageButtonOptions": image}
                    st.plotly_chart(chart[0], alt=chart[1], key=f"chart_{name}", config=options)


def _points(evaluation: Evaluation, scores: Scores) -> dict[str, tuple[float, float]]:
    """Each operating point of the card on the ROC of these films."""
    points = {}
    for name, value in (evaluation.metrics.get("operating_points") or {}).items():
        called = scores.called(value)
        points[name] = (float(called[scores.labels == 0].mean()), float(called[scores.labels == 1].mean()))
    return points
