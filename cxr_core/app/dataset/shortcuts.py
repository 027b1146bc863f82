"""The Shortcuts tab: traits other than disease by which a network could separate the classes."""

import numpy as np
import streamlit as st

from cxr_core.app.dataset.charts import draw, grouped_bars, histograms
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.pixel_statistics import PixelStatistics
from cxr_core.datasets.quality.shortcuts import (
    Shortcut,
    corner_mark_shares,
    films_per_patient,
    grey_value_shortcuts,
    mean_films,
    shape_shortcut,
)
from cxr_core.labels import NORMAL, PNEUMONIA


def show_shortcuts(index: Index, statistics: PixelStatistics) -> None:
    """Draw each trait with its chart and one sentence on what it means for training."""
    st.caption(
        "A network learns whatever separates the classes, whether it is disease or not. Each trait below is measured "
        "on these films."
    )
    with st.grid(2, min_column_width=320, gap="medium") as grid:
        for shortcut in (shape_shortcut(index), *grey_value_shortcuts(index, statistics)):
            with grid.cell(), st.container(border=True):
                _trait(index, shortcut)
        with grid.cell(), st.container(border=True):
            table, sentence = corner_mark_shares(index, statistics)
            st.header("Marks in the corners", anchor=False)
            draw(grouped_bars(table, "Share of films", percent=True), sentence, "marks")
            st.write(sentence)
        with grid.cell(), st.container(border=True):
            table, sentence = films_per_patient(index)
            st.header("Films per patient", anchor=False)
            draw(grouped_bars(table, "Patients"), sentence, "films_a_patient")
            st.write(sentence)
    _means(index, statistics)


def _trait(index: Index, shortcut: Shortcut) -> None:
    st.header(shortcut.title, anchor=False)
    labels = index.films.loc[shortcut.values.index, "label"]
    draw(histograms(shortcut.values, labels, shortcut.unit), shortcut.message, shortcut.name)
    st.write(shortcut.message)


def _means(index: Index, statistics: PixelStatistics) -> None:
    means, sentence = mean_films(index, statistics)
    with st.container(border=True):
        st.header("Mean film of each class", anchor=False)
        with st.grid(3, min_column_width=160) as grid:
            for name, mean in means.items():
                with grid.cell():
                    st.image(mean.round().astype(np.uint8), alt=f"Mean {name} film", width="stretch")
                    st.caption(f"Mean {name} film")
            if len(means) == 2:
                with grid.cell():
                    picture = difference_picture(means[PNEUMONIA] - means[NORMAL])
                    st.image(picture, alt=sentence, width="stretch")
                    st.caption(f"Difference: orange where {PNEUMONIA} is brighter, blue where it is darker")
        st.write(sentence)


def difference_picture(difference: np.ndarray) -> np.ndarray:
    """A difference of films, `float (S, S)`, as RGB colours `uint8 (S, S, 3)`: orange above zero, blue below."""
    strength = difference / max(1.0, float(np.abs(difference).max()))
    middle, above, below = np.array([235.0, 235, 235]), np.array([213.0, 94, 0]), np.array([0.0, 114, 178])
    towards = np.where(strength[..., None] > 0, above, below)
    colours: np.ndarray = middle + np.abs(strength)[..., None] * (towards - middle)
    return colours.round().astype(np.uint8)
