"""The Films tab: a grid of films, filtered, shuffled and paged."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.app.dataset.charts import split_name
from cxr_core.app.dataset.film_grid import COLUMNS, ROWS, show_grid
from cxr_core.datasets.index import Index
from cxr_core.labels import KINDS

PAGE = COLUMNS * ROWS


@dataclass(frozen=True)
class Filters:
    """Which films are shown, and in which order; an empty filter passes all films.

    text: part of a path or patient. usable: True for usable files, False for faulty ones, None for all. width: lowest
    and highest width in pixels. seed: of the shuffle; None for the order of the paths.
    """

    splits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str = ""
    usable: bool | None = None
    width: tuple[int, int] | None = None
    seed: int | None = None


def chosen_films(films: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows of `Index.films` that pass the filters, in the order they specify."""
    passed = np.ones(len(films), bool)
    for column, wanted in (("split", filters.splits), ("label", filters.labels), ("kind", filters.kinds)):
        if wanted:
            passed &= films[column].isin(wanted).to_numpy()
    if text := filters.text.strip():
        matches = [films[column].str.contains(text, case=False, regex=False) for column in ("path", "patient")]
        passed &= (matches[0] | matches[1]).to_numpy()
    if filters.usable is not None:
        passed &= ((films["fault"] == "") == filters.usable).to_numpy()
    if filters.width:
        passed &= films["width"].between(*filters.width).to_numpy()
    chosen = films[passed]
    return chosen if filters.seed is None else chosen.iloc[np.random.default_rng(filters.seed).permutation(len(chosen))]


@st.fragment
def show_films(index: Index) -> None:
    """Draw the filters, the grid and the page numbers."""
    films = chosen_films(index.films, _filter_controls(index.films))
    if not len(films):
        st.info("No film matches these filters.", icon=":material/filter_alt_off:")
        return
    pages = math.ceil(len(films) / PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(films):,} film{'s' if len(films) > 1 else ''}**", width="content")
        page = st.pagination(pages, key=f"films_page_{pages}") if pages > 1 else 1
    show_grid(index, films.iloc[(page - 1) * PAGE : page * PAGE], "films")


def _filter_controls(films: pd.DataFrame) -> Filters:
    """Draw the filters and return their values."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        splits = st.multiselect(
            "Split", _unique(films["split"]), format_func=split_name, key="filter_split", placeholder="All", width=130
        )
        labels = st.multiselect("Class", _unique(films["label"]), key="filter_label", placeholder="All", width=150)
        present = set(films["kind"])
        kinds = st.multiselect(
            "Kind", [kind for kind in KINDS if kind in present], key="filter_kind", placeholder="All", width=140
        )
        text = st.text_input("Patient or file", key="filter_text", placeholder="person12", width=150, type="search")
        usable = st.selectbox("Files", ["All", "Usable", "Faulty"], key="filter_fault", width=100)
        side = films.loc[films["width"] > 0, "width"]
        low, high = (int(side.min()), int(side.max())) if len(side) else (0, 0)
        width = (low, high)
        if high > low:
            width = st.slider("Width, pixels", low, high, (low, high), key=f"filter_width_{low}_{high}", width=140)
        shuffle = st.toggle("Shuffle", value=True, key="shuffle")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="shuffle_seed", width=90, disabled=not shuffle)
    return Filters(
        tuple(splits),
        tuple(labels),
        tuple(kinds),
        text,
        None if usable == "All" else usable == "Usable",
        None if width == (low, high) else width,
        seed if shuffle else None,
    )


def _unique(values: pd.Series) -> list[str]:
    return list(dict.fromkeys(values))
