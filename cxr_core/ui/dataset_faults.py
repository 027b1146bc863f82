"""What is wrong with a data set: each kind of fault with its films, and the list to take away."""

import streamlit as st

from cxr_core.data.faults import Finding
from cxr_core.data.index import Index
from cxr_core.ui.film_grid import COLUMNS, show_grid

SHOWN = 2 * COLUMNS


@st.fragment
def show_faults(index: Index, findings: list[Finding]) -> None:
    """A choice of the kinds of fault found, and the films of the chosen one."""
    if not findings:
        st.success("No fault was found.", icon=":material/check_circle:")
        return
    by_name = {finding.name: finding for finding in findings}
    chosen = st.pills(
        "Fault",
        list(by_name),
        format_func=lambda name: f"{by_name[name].title} ({len(by_name[name].films):,})",
        default=findings[0].name,
        required=True,
        key="fault",
    )
    finding = by_name[chosen]
    show = st.error if finding.blocks else st.warning
    show(finding.sentence, icon=":material/block:" if finding.blocks else ":material/warning:")
    st.dataframe(finding.films, hide_index=True, alt=f"Films with the fault: {finding.title}", key=f"list_{chosen}")
    csv = finding.films.to_csv(index=False).encode()
    st.download_button("Download list", csv, f"{chosen}.csv", "text/csv", icon=":material/download:")
    rows = index.films.set_index("path", drop=False).loc[finding.films["path"].head(SHOWN)]
    show_grid(index, rows, f"fault_{chosen}")
    if len(finding.films) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(finding.films):,} films; the list names them all.")
