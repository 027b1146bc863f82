"""The dialog for one film: full size with zoom, window and level, histogram, header, and same-patient films."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.app.address import name_film, write_address
from cxr_core.app.dataset.charts import split_name
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.demo import is_synthetic
from cxr_core.datasets.index import Index
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.thumbnails import thumbnail
from cxr_core.labels import SYNTHETIC_FILM

SAME_PATIENT_SHOWN = 12
ADDRESS_DIGITS = 16


def open_film(index: Index, paths: Sequence[str], path: str) -> None:
    """Open the dialog for the film at `path`; its keys lead through `paths`, relative to the data set's folder."""
    st.session_state.film_shown = path
    _dialog(index, paths)


def address_of_film(sha256: str) -> str:
    """What stands for a film in an address."""
    return sha256[:ADDRESS_DIGITS]


def _close() -> None:
    write_address("film", None)


@st.dialog("Film", width="large", icon=":material/radiology:", on_dismiss=_close)
def _dialog(index: Index, paths: Sequence[str]) -> None:
    path = st.session_state.film_shown
    row = index.films[index.films["path"] == path].iloc[0]
    write_address("film", address_of_film(row["sha256"]))
    name_film(address_of_film(row["sha256"]), index.source.name, "Dataset")
    kind = "kind unknown" if row["kind"] == "unknown" else row["kind"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{escape_markdown(row['file'])}**  \n{row['label']}, {kind}, {split_name(row['split'])}, "
            f"patient {escape_markdown(row['patient'])}",
            width="stretch",
        )
        _neighbours(paths, path)
    try:
        film = read_film(index.root / path)
    except UnreadableFilm as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
        return
    if is_synthetic((index.root / path).read_bytes()):
        st.caption(f":material/science: {SYNTHETIC_FILM}")
    low, high = st.slider(
        "Window: black below, white above",
        *(0, 255, (0, 255)),
        key=f"window_{row['sha256']}",
        help="A narrower window gives more contrast in the lungs. Its centre is the level.",
    )
    st.plotly_chart(
        zoomable(windowed(film.pixels, low, high)),
        config={"scrollZoom": True, "displaylogo": False},
        alt=f"Chest X-ray {row['file']} at full size, window {low} to {high}",
        key="full_size",
    )
    st.caption("Scroll or pinch to zoom, drag to move, double-click to see the whole film.")
    _details(film, row, path)
    _same_patient_films(index, row, path)


def _neighbours(paths: Sequence[str], path: str) -> None:
    """Buttons, and arrow keys, that lead to the film before and the one after."""
    at = paths.index(path) if path in paths else 0
    for name, key, to in (("Previous", "Left", at - 1), ("Next", "Right", at + 1)):
        there = 0 <= to < len(paths)
        st.button(name, shortcut=key, disabled=not there, on_click=_show, args=(paths[to] if there else path,))
    st.caption(f"{at + 1:,} of {len(paths):,}", width="content")


def _show(path: str) -> None:
    st.session_state.film_shown = path


def windowed(pixels: np.ndarray, low: int, high: int) -> np.ndarray:
    """A film, `uint8 (H, W)`, rescaled so that grey values up to `low` are black and from `high` on white."""
    ramp = np.clip((np.arange(256) - low) / max(1, high - low), 0, 1)
    table = (ramp * 255).round().astype(np.uint8)
    shown: np.ndarray = table[pixels]
    return shown


def zoomable(pixels: np.ndarray) -> go.Figure:
    """The film, `uint8 (H, W)`, as a figure that can be zoomed and moved."""
    height, width = pixels.shape
    _, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    source = "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
    figure = go.Figure(go.Image(source=source, hoverinfo="skip"))
    figure.update_layout(dragmode="pan", height=560, margin={"t": 0, "b": 0, "l": 0, "r": 0}, plot_bgcolor="black")
    figure.update_xaxes(visible=False, range=[0, width])
    figure.update_yaxes(visible=False, range=[height, 0], scaleanchor="x")
    return figure


def _details(film: Film, row: pd.Series, path: str) -> None:
    left, right = st.columns(2, gap="medium")
    counts = np.bincount(film.pixels.ravel(), minlength=256)
    with left:
        histogram = go.Figure(go.Bar(x=np.arange(256), y=counts, marker_line_width=0))
        histogram.update_layout(
            height=220, margin={"t": 10, "b": 30, "l": 10, "r": 10}, bargap=0, xaxis_title="Grey value"
        )
        histogram.update_yaxes(showticklabels=False)
        mean = film.pixels.mean()
        alt = f"Histogram of grey values, mean {mean:.0f} of 255"
        st.plotly_chart(histogram, alt=alt, key="histogram", config={"displayModeBar": False})
    with right:
        source = film.source
        details = {
            "Path": path,
            "Patient": row["patient"],
            "Size": f"{source.width} x {source.height} pixels, {row['bytes']:,} bytes",
            "Stored as": f"{source.format}, {source.bits} bits{', colour' if source.colour else ''}",
            "Mean, spread": f"{mean:.0f}, {film.pixels.std():.0f} of 255",
        }
        details |= {"Processing": "; ".join(source.steps)} if source.steps else {}
        details |= source.header | {"sha256": row["sha256"]}
        details = {field: escape_markdown(value) for field, value in details.items()}
        st.table(pd.Series(details, name="value").rename_axis("field"), hide_header=True, alt="Details of the file")


def _same_patient_films(index: Index, row: pd.Series, path: str) -> None:
    films = index.films
    others = films[(films["patient"] == row["patient"]) & (films["path"] != path)]
    if not len(others):
        st.caption("The only film of this patient.")
        return
    st.markdown(f"**{len(others) + 1} films of this patient**")
    with st.grid("auto", min_column_width=110, gap="small") as grid:
        for _, other in others.head(SAME_PATIENT_SHOWN).iterrows():
            with grid.cell():
                try:
                    pixels, _ = thumbnail(index.root / other["path"], 160)
                    st.image(pixels, alt=f"Film {other['file']} of the same patient", width="stretch")
                except UnreadableFilm as error:
                    st.caption(escape_markdown(str(error)))
                st.caption(f"{escape_markdown(other['file'])}, {other['label']}, {split_name(other['split'])}")
    if len(others) > SAME_PATIENT_SHOWN:
        st.caption(
            f"{SAME_PATIENT_SHOWN} of {len(others)} shown; filter by {escape_markdown(row['patient'])} to see all."
        )
