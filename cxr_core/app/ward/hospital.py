"""The view Hospital of Evaluate: shadow mode compared with radiologists' reports, and whether what comes in drifts."""

from datetime import date

import pandas as pd
import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.evaluate.score_upload import with_uploaded_csv
from cxr_core.app.evaluate.site_acceptance import show_site
from cxr_core.app.evaluate.use_here import offer_result, offer_use_here
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.evaluation.owners import own
from cxr_core.hospital.ward.monitor import FIRST_FILMS, FIRST_WEEKS, Week, weeks_of
from cxr_core.hospital.ward.shadow import compare_with_reports
from cxr_core.hospital.ward.store import Ward, existing_ward
from cxr_core.models.registry import Model

NO_NODE = "No node has read a film here. `node --shadow` reads films without showing or sending anything."


def show_hospital(models: list[Model]) -> None:
    """Draw the comparison with reports, and the weeks of what came in."""
    try:
        ward = existing_ward()
        if ward is None:
            st.info(NO_NODE, icon=":material/info:")
            return
        _shadow(ward, models)
        _monitor(ward)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")


def _shadow(ward: Ward, models: list[Model]) -> None:
    st.subheader("Shadow mode", anchor=False)
    films = ward.in_shadow()
    st.caption(f"{len(films):,} films were read in shadow mode: nothing of it was shown or sent.")
    if not films:
        return
    read_by = [model for model in models if any(film.arrival.version == model.version for film in films)]
    if not read_by:
        st.info("The model that read them is no longer installed.", icon=":material/info:")
        return
    names = [model.name for model in read_by]
    model = read_by[names.index(st.selectbox("Model", names, key="shadow_model", width=320))]
    file = st.file_uploader("The radiologists' reports, a CSV with accession,label", type=["csv"], key="shadow_csv")
    pressed = st.button(
        "Compare", key="shadow_compare", type="primary", icon=":material/compare_arrows:", disabled=file is None
    )
    if pressed and file is not None:
        st.session_state.compared = with_uploaded_csv(file, lambda csv: compare_with_reports(ward, model, csv))
        if compared := st.session_state.compared:
            own(compared.site.evaluation, model, account())
            audit.record(account(), "acceptance", model=model.name, verdict=compared.site.acceptance.verdict)
    compared = st.session_state.get("compared")
    if compared and compared.site.evaluation.version == model.version:
        st.caption(compared.sentence)
        show_site(compared.site)
        offer_result(compared.site, model)
        offer_use_here(compared.site, model)


def _monitor(ward: Ward) -> None:
    st.subheader("What comes in", anchor=False)
    weeks = weeks_of(ward.measured())
    if all(week.is_first for week in weeks):
        st.caption(
            f"What is expected is taken from the first {FIRST_WEEKS} weeks, which need {FIRST_FILMS} films; "
            f"{len(weeks)} of them are here."
        )
        return
    profiles = sorted({(week.site, week.version) for week in weeks})
    profile = st.selectbox("Profile", profiles, format_func=_profile, key="monitor_profile", width=320)
    of_profile = [week for week in weeks if (week.site, week.version) == profile]
    names = list(dict.fromkeys(name for week in of_profile for name in week.by_statistic))
    if not names:
        st.caption("No week since the first ones has enough films.")
        return
    out = [
        name
        for name in names
        if any(name in week.by_statistic and week.by_statistic[name].is_out for week in of_profile)
    ]
    if out:
        st.warning(escape_markdown("Outside its limits: " + ", ".join(out) + "."), icon=":material/trending_up:")
    else:
        st.success("Nothing has drifted from the first weeks.", icon=":material/check_circle:")
    name = st.selectbox(
        "Statistic", [*out, *(name for name in names if name not in out)], key="monitor_name", width=320
    )
    table = _table(of_profile, name)
    st.line_chart(table, x="Week", y=["Value", "Low", "High"], x_label="", y_label="", height=280)
    st.dataframe(table, hide_index=True, alt=f"The {name} by week, with its limits", key="monitor_table")


def _table(weeks: list[Week], name: str) -> pd.DataFrame:
    rows = [
        {
            "Week": date.fromisoformat(week.start),
            "Films": one.n,
            "Value": one.value,
            "Low": one.low,
            "High": one.high,
            "Outside": one.is_out,
        }
        for week in weeks
        if (one := week.by_statistic.get(name))
    ]
    return pd.DataFrame(rows)


def _profile(profile: tuple[str, str]) -> str:
    site, version = profile
    return f"{site or 'no site'}, model {version}"
