"""The look at every film's pixels, with a progress bar."""

import streamlit as st

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics, compute_pixel_statistics, films_to_decode

ASK_ABOVE = 20_000


def looks_with_progress(index: Index) -> PixelStatistics | None:
    """What pixels tell of the films; None while the user has not asked for a long look."""
    missing = films_to_decode(index)
    if missing > ASK_ABOVE:
        st.info(f"{missing:,} films have not been looked at yet, which takes some minutes.", icon=":material/info:")
        if not st.button("Look at the films", icon=":material/visibility:"):
            return None
    slot = st.empty()

    def show(done: int, total: int) -> None:
        if done < total:
            slot.progress(done / total, f"Looking at the films: {done:,} of {total:,}")

    looks = compute_pixel_statistics(index, show)
    slot.empty()
    return looks
