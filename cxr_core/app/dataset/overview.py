"""The overview of a data set: how many films of which class, as bars, as pies and as a table."""

import streamlit as st

from cxr_core.app.data_set_picker import as_written
from cxr_core.app.dataset.charts import bars, distribution, draw, pies, shares
from cxr_core.datasets.index import Index

_BY = {"Class": "label", "Kind": "kind"}


def show_overview(index: Index) -> None:
    """Distribution by split, by class or by kind; counts, percentages, downloads."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.segmented_control("Count by", list(_BY), default="Class", required=True, key="count_by")
        st.segmented_control("Download figures as", ["PNG", "SVG"], default="PNG", required=True, key="figure_format")
    table = distribution(index.films, _BY[by])
    left, right = st.columns(2, gap="medium")
    with left:
        draw(*bars(table), name=f"films_by_split_and_{_BY[by]}")
    with right, st.grid(2, min_column_width=130):
        for split, figure, alt in pies(table):
            draw(figure, alt, name=f"shares_of_{_BY[by]}_{split.replace(' ', '_')}")
    told = shares(table)
    st.dataframe(told, alt=f"Films by split and {by.lower()}, with percentages", key="distribution")
    csv = told.to_csv().encode()
    st.download_button("Download table", csv, "distribution.csv", "text/csv", icon=":material/download:")
    if index.notes:
        st.warning("  \n".join(map(as_written, index.notes)), icon=":material/info:")
    unknown = int((index.readable["number"] == "").sum())
    if unknown:
        st.caption(
            f"{unknown:,} film{'s have names that tell' if unknown > 1 else ' has a name that tells'} no patient: each "
            "such film counts as a patient of its own, so a split may part films of one child."
        )
