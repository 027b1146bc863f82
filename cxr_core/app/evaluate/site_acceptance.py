"""Site acceptance: whether a model performs as its card states on a hospital's own films."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.jobs import watch_job
from cxr_core.app.data_set_picker import choose_data_set
from cxr_core.app.evaluate.score_upload import with_uploaded_csv
from cxr_core.app.evaluate.shared_counts import compare_sites
from cxr_core.app.evaluate.use_here import offer_result, offer_use_here
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.curation import curated
from cxr_core.errors import CXRError
from cxr_core.evaluation.jobs import acceptance_jobs, acceptance_of, start_acceptance, start_score_acceptance
from cxr_core.evaluation.site import ACCEPTANCE_VERDICTS, SiteAcceptance, acceptance_document
from cxr_core.jobs.job import Job
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate_text import number, value_with_interval
from cxr_core.models.registry import Model

SOURCES = ("Films", "Scores, as a CSV")
BOXES = {
    "fit": (st.success, ":material/check_circle:"),
    "fit after recalibration": (st.warning, ":material/tune:"),
    "not fit": (st.error, ":material/block:"),
    "too few films": (st.info, ":material/hourglass_empty:"),
}


def show_acceptance(models: list[Model]) -> None:
    """Draw the controls, the tests that run, and the result of one that has finished."""
    st.write(
        "Does a model perform in your hospital as its card states, within 10 points? Test it on 50 to 500 of your own "
        "labelled films: a folder, a .zip or a .csv. Nothing leaves this machine."
    )
    model = models[0]
    if len(models) > 1:
        names = [one.name for one in models]
        model = models[names.index(st.selectbox("Model", names, key="accept_model", width=320))]
    source = st.segmented_control("Test on", SOURCES, default=SOURCES[0], required=True, key="accept_source")
    try:
        started = _films(model) if source == SOURCES[0] else _scores(model)
        if started:
            st.session_state.started_acceptance = started.id
            st.rerun()  # the frame then lists the job
        jobs = acceptance_jobs(model)
        for job in jobs:
            if job.live or (job is jobs[0] and job.status != "finished"):
                watch_job(job.id)
        finished = {job.id: job for job in jobs if job.status == "finished"}
        if finished:
            job = _chosen(finished)
            site = acceptance_of(job, model)
            show_site(site)
            offer_result(site, model)
            offer_use_here(site, model)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
    with st.expander("Compare hospitals", icon=":material/table_view:"):
        compare_sites()


def _chosen(finished: dict[str, Job]) -> Job:
    """The test whose result is shown: the one that this session has started, once it has finished, or the reader's."""
    if st.session_state.get("started_acceptance") in finished:
        st.session_state.acceptance = st.session_state.pop("started_acceptance")
    elif st.session_state.get("acceptance") not in finished:
        st.session_state.acceptance = next(iter(finished))

    def title(job_id: str) -> str:
        ended = datetime.fromtimestamp(finished[job_id].ended or 0.0, UTC)
        return f"{finished[job_id].result.get('data', finished[job_id].title)}, {ended:%Y-%m-%d %H:%M} UTC"

    return finished[st.selectbox("Result on", list(finished), format_func=title, key="acceptance")]


def _films(model: Model) -> Job | None:
    index = choose_data_set()
    if index is None:
        return None
    index = curated(index)
    st.caption(f"{len(index.readable):,} labelled films in {escape_markdown(index.root.name)}.")
    if not st.button("Test", type="primary", icon=":material/gavel:", key="judge_films"):
        return None
    return start_acceptance(model, index, account())


def _scores(model: Model) -> Job | None:
    file = st.file_uploader(
        "This model's scores on your films, a CSV with file,label,score and, if known, patient",
        type=["csv"],
        key="accept_csv",
    )
    pressed = st.button("Test", type="primary", icon=":material/gavel:", key="judge_scores", disabled=file is None)
    if file is None or not pressed:
        return None
    return with_uploaded_csv(file, lambda csv: start_score_acceptance(model, csv, account()))


def show_site(site: SiteAcceptance) -> None:
    """Draw the verdict of a site acceptance, with its estimates."""
    result = site.acceptance
    show, icon = BOXES[result.verdict]
    show(f"**{ACCEPTANCE_VERDICTS[result.verdict]}**  \n{escape_markdown(' '.join(result.reasons))}", icon=icon)
    overlap = site.evaluation.record.overlap
    warning = overlap.warning if overlap else None
    if warning:
        st.warning(escape_markdown(warning), icon=":material/visibility_off:")
    st.caption(
        f"{result.films:,} films of {result.patients:,} patients: {result.pneumonia:,} with pneumonia, "
        f"{result.normal:,} normal. Intervals are 95% intervals from resampling whole patients."
    )
    st.caption(acceptance_document(site)["compared_with_training"])
    with st.grid("auto", min_column_width=220):
        _tile("AUROC here", value_with_interval(result.estimates["auroc"]))
        _tile("Shift of the scores, logits", value_with_interval(result.shift, 2))
    rows = []
    for name, one in result.points.items():
        rows.append(
            {
                "Operating point": OPERATING_POINTS.get(name, name) + (" (in use)" if name == result.point else ""),
                "Released": number(one.threshold),
                "Sensitivity here": value_with_interval(one.sensitivity),
                "Specificity here": value_with_interval(one.specificity),
                "As required": _shown(one.holds, one.fails),
                "Sensitivity, scores moved back": value_with_interval(one.sensitivity_after),
                "Specificity, scores moved back": value_with_interval(one.specificity_after),
                "Then as required": _shown(one.holds_after, one.fails_after),
            }
        )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="Operating points here, released and recalibrated", key="accept"
    )
    calibration = [
        {"Estimate": ESTIMATES[name], "Value (95% interval)": value_with_interval(result.estimates[name])}
        for name in ("calibration_slope", "calibration_intercept", "ece")
    ]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Calibration on these films**")
        st.dataframe(
            pd.DataFrame(calibration), hide_index=True, alt="Calibration estimates here", key="accept_calibration"
        )
    with right:
        st.markdown("**Films needed to halve the intervals**")
        films_of = {"sensitivity": "films with pneumonia", "specificity": "normal films"}
        more = [
            {
                "Estimate": name.capitalize() if name != "auroc" else "AUROC",
                "About": f"{films:,} more {films_of.get(name, 'films')}",
            }
            for name, films in result.more_films.items()
        ]
        st.dataframe(pd.DataFrame(more), hide_index=True, alt="Films needed to halve each interval", key="accept_more")
    st.caption("The shift was estimated and its effect measured on the same films: slightly optimistic.")


def _shown(holds: bool, fails: bool) -> str:
    return "shown" if holds else "fails" if fails else "not shown"


def _tile(label: str, value: str) -> None:
    first, _, rest = value.partition(" ")
    st.metric(label, first, rest.strip("()") or None, delta_color="off", delta_arrow="off", border=True)
