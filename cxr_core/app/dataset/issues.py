"""The Faults tab: each kind of issue of the data set with its films, and the list to download."""

import streamlit as st

from cxr_core.app.components.export_button import export_button
from cxr_core.app.dataset.film_grid import COLUMNS, show_grid
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue
from cxr_core.tables import table_to_csv, without_pseudonyms

SHOWN = 2 * COLUMNS
ON_SCREEN = (
    "path",
    "detail",
    "group",
    "split",
    "label",
    "patient",
)  # the most useful first


@st.fragment
def show_issues(index: Index, issues: list[DatasetIssue]) -> None:
    """Draw a choice of the issues that were found, the films of the chosen one, and the names of the others."""
    by_name = {issue.name: issue for issue in issues if len(issue.films)}
    absent = ", ".join(issue.title.lower() for issue in issues if issue.name not in by_name)
    if not by_name:
        st.success(f"No faults found. Checked for: {absent}.", icon=":material/check_circle:")
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
        st.caption(f"Checked for and not found: {absent}.")
    issue = by_name[st.session_state.fault]
    show = st.error if issue.blocks else st.warning
    show(escape_markdown(issue.message), icon=":material/block:" if issue.blocks else ":material/warning:")
    columns = [column for column in ON_SCREEN if issue.films[column].any()]
    st.dataframe(
        issue.films[columns],
        hide_index=True,
        column_config={"detail": st.column_config.TextColumn(width="large")},
        alt=f"Films with the fault: {issue.title}",
        key=f"list_{issue.name}",
    )
    csv = table_to_csv(without_pseudonyms(issue.films)).encode()
    look = {"mime": "text/csv", "icon": ":material/download:"}
    export_button("Download list", csv, f"{issue.name}.csv", "data set issue", **look)
    rows = index.films.set_index("path", drop=False).loc[issue.films["path"].head(SHOWN)]
    show_grid(index, rows, f"fault_{issue.name}")
    if len(issue.films) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(issue.films):,} films; the list above has all of them.")
