"""The Map tab: the films as points by the default model's features; a lasso chooses films."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.app.components.palette import GREY, PALETTE
from cxr_core.app.dataset.charts import COLOURS, split_name
from cxr_core.app.dataset.film_grid import COLUMNS, show_grid
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import find_issues
from cxr_core.errors import CXRError
from cxr_core.inference.film_map import (
    METHODS,
    MOST_FILMS,
    NEAR_DUPLICATE,
    ORDINARY,
    OUTLIER,
    SAMPLE,
    FilmMap,
    film_map,
)
from cxr_core.models.registry import find_model

SHOWN = 2 * COLUMNS
COLOUR_BY = ("Class", "Source", "Split", "Fault", "Stands out")
SYMBOLS = ("circle", "triangle-up", "diamond", "square", "cross", "x")


@st.fragment
def show_map(index: Index, chosen: set[str]) -> None:
    """Draw the map. chosen: the paths that are chosen on the Films tab, to which the lasso adds."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour = st.segmented_control("Colour by", COLOUR_BY, default="Class", required=True, key="map_colour")
        method = st.segmented_control(
            "Placed by", list(METHODS), format_func=METHODS.__getitem__, default="pca", required=True, key="map_method"
        )
        sample = SAMPLE
        if len(index.readable) > MOST_FILMS[method]:
            sizes = [size for size in (SAMPLE, 3_000, 6_000) if size <= MOST_FILMS[method]]
            text = "{:,}".format
            sample = st.segmented_control(
                "Films of the sample",
                sizes,
                format_func=text,
                default=SAMPLE,
                required=True,
                key=f"map_sample_{method}",
            )
    try:
        found = _map(index, method, sample)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if found is None:
        return
    figure = scatter(found, groups(index, found, colour))
    alt = f"Map of {len(found.films):,} films coloured by {colour.lower()}"
    event = st.plotly_chart(
        figure,
        on_select="rerun",
        selection_mode=("lasso", "box"),
        key=f"map_{method}_{colour}_{index.fingerprint[:8]}",
        config={"displaylogo": False, "scrollZoom": True},
        alt=alt,
    )
    if len(found.films) < found.sampled_from:
        st.caption(f"A random sample: {len(found.films):,} of {found.sampled_from:,} films are on this map.")
    st.caption("Draw around points to choose films. Near points look alike to the model, whatever their label.")
    paths = [str(point["customdata"][0]) for point in event.selection.points if point.get("customdata")]
    rows = found.films[found.films["path"].isin(paths)]
    if rows.empty:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,} film{'s' if len(rows) > 1 else ''} in the lasso**", width="content")
        label, icon = "Choose them on the Films tab", ":material/select_check_box:"
        if st.button(label, icon=icon, on_click=_choose, args=(chosen, rows["path"].tolist())):
            st.rerun()
    show_grid(index, rows.head(SHOWN), "map_films", row_of_films=rows["path"].tolist())
    if len(rows) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(rows):,}; all are chosen by the button.")


def _choose(chosen: set[str], paths: list[str]) -> None:
    """Choose the films, which the Films tab then shows."""
    chosen.update(paths)
    st.session_state.dataset_tab = "Films"


def groups(index: Index, found: FilmMap, by: str) -> pd.Series:
    """The group of each film of the map, by one of COLOUR_BY."""
    films = found.films
    if by == "Stands out":
        return pd.Series(found.stands_out, index=films.index)
    if by != "Fault":
        column = {"Class": "label", "Source": "source", "Split": "split"}[by]
        return films[column].map(split_name) if by == "Split" else films[column]
    fault = pd.Series("none", index=films.index)
    for issue in reversed(find_issues(index)):  # the first is the most serious
        fault[films["path"].isin(issue.films["path"])] = issue.title.lower()
    return fault


def scatter(found: FilmMap, group: pd.Series) -> go.Figure:
    """The points, a colour and a symbol for each group; what is ordinary is grey and lies below."""
    figure = go.Figure()
    names = sorted(group.unique(), key=lambda name: (name not in (ORDINARY, "none"), name))
    for number, name in enumerate(names):
        rows = np.flatnonzero((group == name).to_numpy())
        plain = name in (ORDINARY, "none")
        figure.add_scattergl(
            x=found.points[rows, 0],
            y=found.points[rows, 1],
            mode="markers",
            name=f"{name} ({len(rows):,})",
            customdata=found.films["path"].to_numpy()[rows][:, None],
            text=found.films["file"].to_numpy()[rows],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": GREY if plain else _colour(name, number),
                "symbol": "circle" if plain else SYMBOLS[number % len(SYMBOLS)],
                "size": 9 if name in (NEAR_DUPLICATE, OUTLIER) else 6,
                "opacity": 0.5 if plain else 0.75,
            },
        )
    figure.update_layout(
        height=560,
        margin={"t": 40, "b": 10, "l": 10, "r": 10},
        dragmode="lasso",
        legend={"orientation": "h", "y": 1.08},
    )
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, scaleanchor="x")
    return figure


def _colour(name: str, number: int) -> str:
    known: Mapping[str, str] = COLOURS
    return known.get(name) or PALETTE[number % len(PALETTE)]


def _map(index: Index, method: str, sample: int) -> FilmMap | None:
    """The map, with a progress bar while features are computed; None if no film can be read."""
    if not len(index.readable):
        st.info("No film of this data set can be read.", icon=":material/info:")
        return None
    predictor = predictor_with_spinner(find_model())
    slot = st.empty()

    def show(done: int, total: int) -> None:
        slot.progress(done / total, f"Computing the model's features: {done:,} of {total:,} films")

    with st.spinner("Placing the films"):
        found = film_map(predictor, index, method, show, sample)
    slot.empty()
    return found
