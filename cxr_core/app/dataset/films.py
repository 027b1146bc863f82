"""The Films tab: a grid of films, filtered, shuffled and paged, and what can be done with those that are chosen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.app.dataset.charts import split_name
from cxr_core.app.dataset.decisions import show_decisions
from cxr_core.app.dataset.film_grid import COLUMNS, ROWS, show_grid
from cxr_core.app.dataset.read_films import read_with_model, show_readings
from cxr_core.app.dataset.views import show_views
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.curation import Curation, curation_of
from cxr_core.datasets.index import Index
from cxr_core.errors import DamagedRecord
from cxr_core.labels import KINDS

PAGE = COLUMNS * ROWS
CHOSEN, EXCLUDED, RELABELLED = "Chosen", "Excluded", "Relabelled"


@dataclass(frozen=True)
class Filters:
    """Which films are shown, and in which order; an empty filter passes all films.

    text: part of a path or patient. usable: True for usable files, False for faulty ones, None for all. width: lowest
    and highest width in pixels. marks: CHOSEN, EXCLUDED, RELABELLED or tags; a film with any of them passes. seed: of
    the shuffle; None for the order of the paths.
    """

    splits: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str = ""
    usable: bool | None = None
    width: tuple[int, int] | None = None
    marks: tuple[str, ...] = ()
    seed: int | None = None


def chosen_films(films: pd.DataFrame, filters: Filters, marked: Mapping[str, set[str]] | None = None) -> pd.DataFrame:
    """The rows of `Index.films` that pass the filters, in the order they specify.

    marked: the sha256 of the films with each mark, see `films_by_mark`.
    """
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
    if filters.marks:
        shas = set().union(*((marked or {}).get(mark, set()) for mark in filters.marks))
        passed &= films["sha256"].isin(list(shas)).to_numpy()
    chosen = films[passed]
    return chosen if filters.seed is None else chosen.iloc[np.random.default_rng(filters.seed).permutation(len(chosen))]


def films_by_mark(films: pd.DataFrame, curation: Curation, chosen: set[str]) -> dict[str, set[str]]:
    """The sha256 of the films that are chosen (by path), excluded, relabelled, and of those with each tag."""
    marked = {CHOSEN: set(films.loc[films["path"].isin(list(chosen)), "sha256"])}
    marked |= {EXCLUDED: set(curation.excluded), RELABELLED: set(curation.labels)}
    for sha256, tags in curation.tags.items():
        for tag in tags:
            marked.setdefault(tag, set()).add(sha256)
    return marked


def notes_of(curation: Curation) -> dict[str, str]:
    """What is decided of each film in a few words, by sha256."""
    notes: dict[str, list[str]] = {}
    for sha256, reason in curation.excluded.items():
        notes.setdefault(sha256, []).append(f"excluded: {reason}")
    for sha256, (label, by) in curation.labels.items():
        notes.setdefault(sha256, []).append(f"{label}, says {by}")
    for sha256, tags in curation.tags.items():
        notes.setdefault(sha256, []).extend(tags)
    return {sha256: "; ".join(words) for sha256, words in notes.items()}


def chosen_paths(index: Index) -> set[str]:
    """The paths of the films that are chosen in this session, to be changed in place."""
    found: set[str] = st.session_state.setdefault(f"chosen_{index.fingerprint[:16]}", set())
    return found


@st.fragment
def show_films(index: Index) -> None:
    """Draw the grid with its filters, page numbers and decisions."""
    try:
        curation = curation_of(index)
    except DamagedRecord as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        curation = Curation.of(())
    chosen = chosen_paths(index)
    marked = films_by_mark(index.films, curation, chosen)
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        text = st.text_input(
            "Patient or file",
            key="filter_text",
            placeholder="Patient or file",
            width=170,
            type="search",
            label_visibility="collapsed",
        )
        with st.popover("Filter", icon=":material/filter_list:"):
            filters = _filter_controls(index.films, text, [mark for mark, films in marked.items() if films])
        show_views(index, filters)
    films = chosen_films(index.films, filters, marked)
    if not len(films):
        st.info("No film matches these filters.", icon=":material/filter_alt_off:")
        return
    with row:
        rows, read = show_decisions(index, films, chosen, curation)
    if read:
        read_with_model(index, rows)
    show_readings(index, rows)
    pages = math.ceil(len(films) / PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(films):,} film{'s' if len(films) > 1 else ''}**", width="content")
        page = st.pagination(pages, key=f"films_page_{pages}") if pages > 1 else 1
    on_page = films.iloc[(page - 1) * PAGE : page * PAGE]
    show_grid(index, on_page, "films", notes_of(curation), chosen, films["path"].tolist())


def _filter_controls(films: pd.DataFrame, text: str, marks: list[str]) -> Filters:
    """Draw the filters and return their values."""
    splits = st.multiselect(
        "Split", _unique(films["split"]), format_func=split_name, key="filter_split", placeholder="All"
    )
    labels = st.multiselect("Class", _unique(films["label"]), key="filter_label", placeholder="All")
    present = set(films["kind"])
    kinds = st.multiselect("Kind", [kind for kind in KINDS if kind in present], key="filter_kind", placeholder="All")
    wanted = st.multiselect("Decisions and tags", marks, key="filter_marks", placeholder="All")
    usable = st.selectbox("Files", ["All", "Usable", "Faulty"], key="filter_fault")
    side = films.loc[films["width"] > 0, "width"]
    low, high = (int(side.min()), int(side.max())) if len(side) else (0, 0)
    width = (low, high)
    if high > low:
        width = st.slider("Width, pixels", low, high, (low, high), key=f"filter_width_{low}_{high}")
    st.session_state.setdefault("shuffle", True)
    st.session_state.setdefault("shuffle_seed", 0)
    shuffle = st.toggle("Shuffle", key="shuffle")
    seed = st.number_input("Seed", 0, 2**31 - 1, key="shuffle_seed", disabled=not shuffle)
    return Filters(
        tuple(splits),
        tuple(labels),
        tuple(kinds),
        text,
        None if usable == "All" else usable == "Usable",
        None if width == (low, high) else width,
        tuple(wanted),
        seed if shuffle else None,
    )


def _unique(values: pd.Series) -> list[str]:
    return list(dict.fromkeys(values))
