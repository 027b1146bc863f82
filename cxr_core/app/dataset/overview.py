"""The Overview tab: numbers of films by split and class, as bars, pies and a table."""

import streamlit as st

from cxr_core.app.components.export_button import export_button
from cxr_core.app.dataset.charts import bars, distribution, draw, pies, shares
from cxr_core.app.dataset.decisions import with_decisions
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.index import Index
from cxr_core.tables import table_to_csv

COLUMNS = {"Class": "label", "Kind": "kind"}


def show_overview(index: Index) -> None:
    """Draw the distribution of films by split, and by class or kind, with downloads; and the index's notes.

    Films that people excluded are not counted; relabelled ones count under their new label.
    """
    decided = with_decisions(index)
    if decided is None:
        return
    index = decided
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.segmented_control("Count by", list(COLUMNS), default="Class", required=True, key="count_by")
        st.segmented_control("Download figures as", ["PNG", "SVG"], default="PNG", required=True, key="figure_format")
    table = distribution(index.films, COLUMNS[by])
    left, right = st.columns(2, gap="medium")
    with left:
        draw(*bars(table), name=f"films_by_split_and_{COLUMNS[by]}")
    with right, st.grid(2, min_column_width=130):
        for split, figure, alt in pies(table):
            draw(figure, alt, name=f"shares_of_{COLUMNS[by]}_{split.replace(' ', '_')}")
    counts = shares(table)
    st.dataframe(counts, alt=f"Films by split and {by.lower()}, with percentages", key="distribution")
    csv = table_to_csv(counts, index=True).encode()
    look = {"mime": "text/csv", "icon": ":material/download:"}
    export_button("Download table", csv, "distribution.csv", "distribution", **look)
    if index.notes:
        st.warning("  \n".join(map(escape_markdown, index.notes)), icon=":material/info:")
    unknown = int((index.readable["number"] == "").sum())
    if unknown:
        st.caption(
            f"{unknown:,} film{'s have names' if unknown > 1 else ' has a name'} without a patient number. Each such "
            "film counts as a patient of its own, so a split may separate films of one patient."
        )
