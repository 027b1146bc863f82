"""Counts of a site acceptance that a hospital shares, and one table of what several have shared."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from cxr_core.app.components.export_button import export_button
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.evaluation.site import SiteAcceptance, shared_of
from cxr_core.models.registry import Model
from cxr_core.models.shared_counts import read_shared_counts
from cxr_core.reports.site_table import site_csv, site_document, site_lines


def offer_counts(site: SiteAcceptance, model: Model) -> None:
    """A name, and a button that downloads the site's counts under it."""
    st.caption("Counts, histograms and intervals, for one table of several hospitals. No film, name or patient.")
    name = st.text_input("Shared as, without spaces", key="share_name", max_chars=40).strip()
    if not name:
        return
    try:
        shared = shared_of(site, model, name)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    text = json.dumps(shared.to_dict(), indent=1, allow_nan=False)
    export_button(
        "Download the counts",
        text,
        f"{name}.json",
        "shared counts",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
    )


def compare_sites() -> None:
    """A control that takes the files of several sites, and their table."""
    files = st.file_uploader(
        "Files that hospitals have shared, one each", type=["json"], accept_multiple_files=True, key="shared_files"
    )
    if not files:
        return
    with TemporaryDirectory() as folder:
        paths = []
        for number, file in enumerate(files):
            path = Path(folder) / str(number) / Path(file.name).name  # without folders in the name
            path.parent.mkdir()
            path.write_bytes(file.getvalue())
            paths.append(path)
        try:
            sites = read_shared_counts(paths)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
    st.caption(escape_markdown(f"{sites[0].model}, version {sites[0].version}. 95% intervals by patient."))
    st.dataframe(pd.DataFrame(site_lines(sites)), hide_index=True, alt="The model at each hospital", key="sites")
    with st.container(horizontal=True):
        look = {"on_click": "ignore", "icon": ":material/download:"}
        export_button("Table as CSV", site_csv(sites), "sites.csv", "table of sites", mime="text/csv", **look)
        text = json.dumps(site_document(sites), indent=1, allow_nan=False)
        export_button("Table as JSON", text, "sites.json", "table of sites", mime="application/json", **look)
