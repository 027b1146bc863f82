"""What is wrong with a data set: each kind of fault with its films, and the list to take away."""

import streamlit as st

from cxr_core.app.dataset.film_grid import COLUMNS, show_grid
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue

SHOWN = 2 * COLUMNS
ON_SCREEN = ("path", "detail", "group", "split", "label", "patient")  # what tells most comes first on a narrow screen


@st.fragment
def show_issues(index: Index, findings: list[DatasetIssue]) -> None:
    """A choice of the kinds of fault found, and the films of the chosen one; what was not found is said."""
    by_name = {finding.name: finding for finding in findings if len(finding.films)}
    absent = ", ".join(finding.title.lower() for finding in findings if finding.name not in by_name)
    if not by_name:
        st.success(f"No fault was found. Looked for: {absent}.", icon=":material/check_circle:")
        return
    if st.session_state.get("fault") not in by_name:
        st.session_state.fault = next(iter(by_name))
    st.pills(
        "Fault",
        list(by_name),
        format_func=lambda name: f"{by_name[name].title} ({len(by_name[name].films):,})",
        required=True,
        key="fault",
    )
    if absent:
        st.caption(f"Looked for and not found: {absent}.")
    finding = by_name[st.session_state.fault]
    show = st.error if finding.blocks else st.warning
    show(finding.message, icon=":material/block:" if finding.blocks else ":material/warning:")
    told = [column for column in ON_SCREEN if finding.films[column].any()]
    st.dataframe(
        finding.films[told],
        hide_index=True,
        column_config={"detail": st.column_config.TextColumn(width="large")},
        alt=f"Films with the fault: {finding.title}",
        key=f"list_{finding.name}",
    )
    csv = finding.films.to_csv(index=False).encode()
    st.download_button("Download list", csv, f"{finding.name}.csv", "text/csv", icon=":material/download:")
    rows = index.films.set_index("path", drop=False).loc[finding.films["path"].head(SHOWN)]
    show_grid(index, rows, f"fault_{finding.name}")
    if len(finding.films) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(finding.films):,} films; the list names them all.")
