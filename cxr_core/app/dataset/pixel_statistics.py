"""The pixel statistics of the films, computed with a progress bar."""

import streamlit as st

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics, compute_pixel_statistics, films_to_decode

CONFIRM_ABOVE = 20_000  # films


def statistics_with_progress(index: Index) -> PixelStatistics | None:
    """The pixel statistics; None while a large data set waits for the user's confirmation."""
    missing = films_to_decode(index)
    if missing > CONFIRM_ABOVE:
        st.info(f"{missing:,} films have to be decoded first, which takes some minutes.", icon=":material/info:")
        if not st.button("Decode the films", icon=":material/visibility:"):
            return None
    slot = st.empty()

    def show(done: int, total: int) -> None:
        if done < total:
            slot.progress(done / total, f"Decoding films: {done:,} of {total:,}")

    statistics = compute_pixel_statistics(index, show)
    slot.empty()
    return statistics
