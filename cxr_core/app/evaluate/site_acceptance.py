"""Site acceptance on the screen: a hospital's own films, a plain verdict, and what it rests on."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from cxr_core.app.data_set_picker import bring_data_set, choose_data_set
from cxr_core.app.evaluate.new_evaluation import uploaded
from cxr_core.app.model_cache import reader
from cxr_core.errors import CXRError
from cxr_core.evaluation.site import VERDICTS, SiteAcceptance, accept_csv, accept_films
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate_text import in_short, number
from cxr_core.models.registry import Model

SOURCES = ("Films", "Scores, as a CSV")
SHOWN = {
    "fit": (st.success, ":material/check_circle:"),
    "fit after recalibration": (st.warning, ":material/tune:"),
    "not fit": (st.error, ":material/block:"),
    "too few films": (st.info, ":material/hourglass_empty:"),
}


def show_acceptance(models: list[Model]) -> None:
    """Controls, and the result of the last run."""
    st.write(
        "Does a model hold in your hospital? Give it 50 to 500 of your own labelled films: a folder, a .zip or a .csv. "
        "Nothing leaves this machine."
    )
    model = models[0]
    if len(models) > 1:
        names = [one.name for one in models]
        model = models[names.index(st.selectbox("Model", names, key="accept_model", width=320))]
    source = st.segmented_control("Given as", SOURCES, default=SOURCES[0], required=True, key="accept_source")
    try:
        result = _films(model) if source == SOURCES[0] else _scores(model)
    except CXRError as error:
        st.error(str(error), icon=":material/error:")
        result = None
    if result:
        st.session_state.acceptance = (model.version, result)
    version, kept = st.session_state.get("acceptance", (None, None))
    if kept is not None and version == model.version:
        _show(kept)


def _films(model: Model) -> SiteAcceptance | None:
    index = choose_data_set()
    bring_data_set()
    if index is None:
        return None
    st.caption(f"{len(index.readable):,} labelled films in {index.root.name}.")
    if not st.button("Judge", type="primary", icon=":material/gavel:", key="judge_films"):
        return None
    slot = st.empty()

    def show(done: int, total: int) -> None:
        slot.progress(done / total, f"Decoding the films: {done:,} of {total:,}")

    ready = reader(model.name)
    with st.spinner("Reading the films and drawing patients for the intervals."):
        result = accept_films(ready, index, show)
    slot.empty()
    return result


def _scores(model: Model) -> SiteAcceptance | None:
    file = st.file_uploader(
        "This model's scores on your films, a CSV with file,label,score and, if known, patient",
        type=["csv"],
        key="accept_csv",
    )
    pressed = st.button("Judge", type="primary", icon=":material/gavel:", key="judge_scores", disabled=file is None)
    if file is None or not pressed:
        return None
    with TemporaryDirectory() as folder, st.spinner("Drawing patients for the intervals."):
        [written] = uploaded([file], Path(folder))
        try:
            return accept_csv(written, model)
        except CXRError as error:
            st.error(str(error).replace(f"{folder}/", ""), icon=":material/error:")
            return None


def _show(result: SiteAcceptance) -> None:
    found = result.found
    show, icon = SHOWN[found.verdict]
    show(f"**{VERDICTS[found.verdict]}**  \n{' '.join(found.reasons)}", icon=icon)
    warning = (result.evaluation.metrics.get("seen_in_training") or {}).get("warning")
    if warning:
        st.warning(warning, icon=":material/visibility_off:")
    st.caption(
        f"{found.films:,} films of {found.patients:,} patients: {found.pneumonia:,} with pneumonia, {found.normal:,} "
        "normal. Intervals are at 95% and draw whole patients."
    )
    point = found.points[found.point]
    with st.grid("auto", min_column_width=220):
        _tile("AUROC here", in_short(found.figures["auroc"].to_dict()))
        _tile("Shift of the scores, logits", in_short(found.shift.to_dict(), 2))
        _tile("Released threshold", number(point.threshold))
        _tile("Recalibrated threshold", in_short(point.recalibrated.to_dict()))
    rows = []
    for name, one in found.points.items():
        rows.append(
            {
                "Operating point": OPERATING_POINTS.get(name, name) + (" (in use)" if name == found.point else ""),
                "Released": number(one.threshold),
                "Sensitivity here": in_short(one.sensitivity.to_dict()),
                "Specificity here": in_short(one.specificity.to_dict()),
                "Holds": "yes" if one.holds else "no",
                "Recalibrated": in_short(one.recalibrated.to_dict()),
                "Sensitivity then": in_short(one.sensitivity_after.to_dict()),
                "Specificity then": in_short(one.specificity_after.to_dict()),
                "Then holds": "yes" if one.holds_after else "no",
            }
        )
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt="Operating points here, released and recalibrated", key="accept"
    )
    calibration = [
        {"Figure": ESTIMATES[name], "Value (95% interval)": in_short(found.figures[name].to_dict())}
        for name in ("calibration_slope", "calibration_intercept", "ece")
    ]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Calibration of the probabilities here**")
        st.dataframe(
            pd.DataFrame(calibration), hide_index=True, alt="Calibration figures here", key="accept_calibration"
        )
    with right:
        st.markdown("**To halve the intervals**")
        words = {"sensitivity": "films with pneumonia", "specificity": "normal films"}
        more = [
            {
                "Figure": name.capitalize() if name != "auroc" else "AUROC",
                "About": f"{films:,} more {words.get(name, 'films')}",
            }
            for name, films in found.more_films.items()
        ]
        st.dataframe(pd.DataFrame(more), hide_index=True, alt="Films needed to halve each interval", key="accept_more")
    st.caption(
        "A threshold recalibrated on these films is measured on the same films, so a little optimistic. It is a "
        "proposal: nothing on the Diagnose page changes by it."
    )


def _tile(label: str, value: str) -> None:
    first, _, rest = value.partition(" ")
    st.metric(label, first, rest.strip("()") or None, delta_color="off", delta_arrow="off", border=True)
