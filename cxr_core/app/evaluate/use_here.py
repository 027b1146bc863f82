"""Below a site acceptance: its result as PDF and JSON, and "Use here", which stores a site profile."""

import json
from datetime import UTC, datetime

import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.evaluate.shared_counts import offer_counts
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.evaluation.site import SiteAcceptance, acceptance_document, profile_of
from cxr_core.models.registry import Model
from cxr_core.models.site_profile import store_profile


def offer_result(site: SiteAcceptance, model: Model) -> None:
    """Buttons that download the result."""
    document = acceptance_document(site)

    def pdf() -> bytes:
        from cxr_core.reports.acceptance_pdf import acceptance_pdf

        return acceptance_pdf(document, datetime.now(UTC))

    with st.container(horizontal=True):
        look = {"on_click": "ignore", "icon": ":material/download:"}
        export_button("Result as PDF", pdf, "acceptance.pdf", "site acceptance", mime="application/pdf", **look)
        text = json.dumps(document, indent=1, allow_nan=False)
        export_button("Result as JSON", text, "acceptance.json", "site acceptance", mime="application/json", **look)
        with st.popover("Share counts", icon=":material/share:"):
            offer_counts(site, model)


def offer_use_here(site: SiteAcceptance, model: Model) -> None:
    """A form that stores the site's profile; nothing for a verdict that does not allow it."""
    if site.acceptance.verdict not in ("fit", "fit after recalibration"):
        return
    share = round(100 * site.acceptance.pneumonia / site.acceptance.films)
    with st.form("use_here"):
        st.markdown("**Use here**")
        st.caption("Diagnose, `predict --site NAME` and reports then read by this profile and name it.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input("Site, without spaces", key="site_name", max_chars=40, width=200)
            who = st.text_input("Accepted by", key="site_who", max_chars=80, width=200)
            prevalence = st.number_input(
                "Pneumonia per 100 patients",
                2,
                80,
                20,
                key="site_prevalence",
                width=200,
                help=f"Among your patients, not among the films tested, of which {share} of 100 show it.",
            )
            pressed = st.form_submit_button("Use here", type="primary", icon=":material/check:")
    if pressed:
        try:
            profile = profile_of(site, model, name.strip(), who, prevalence / 100)
            store_profile(profile)
            audit.record(account(), "setting", what="site profile", model=model.name)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
        else:
            st.success(f"Stored. {escape_markdown(profile.sentence)}", icon=":material/check_circle:")
