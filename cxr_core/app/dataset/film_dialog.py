"""One film, opened: full size with zoom, window and level, histogram, header, and the patient's other films."""

import base64

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.app.data_set_picker import as_written
from cxr_core.app.dataset.charts import split_name
from cxr_core.datasets.demo import is_synthetic
from cxr_core.datasets.index import Index
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.thumbnails import thumbnail

SIBLINGS_SHOWN = 12


@st.dialog("Film", width="large", icon=":material/radiology:")
def show_film(index: Index, path: str) -> None:
    """The film at `path` of a data set."""
    row = index.films[index.films["path"] == path].iloc[0]
    kind = "kind unknown" if row["kind"] == "unknown" else row["kind"]
    st.markdown(f"**{as_written(row['file'])}**  \n{row['label']}, {kind}, {split_name(row['split'])}")
    try:
        film = read_film(index.root / path)
    except UnreadableFilm as error:
        st.error(as_written(str(error)), icon=":material/broken_image:")
        return
    if is_synthetic((index.root / path).read_bytes()):
        st.caption(":material/science: A synthetic film, drawn by a computer. It is nobody's.")
    low, high = st.slider(
        "Window: black below, white above",
        *(0, 255, (0, 255)),
        key=f"window_{row['sha256']}",
        help="Narrow it to see more contrast in the lung; its middle is the level, its width the window.",
    )
    st.plotly_chart(
        zoomable(windowed(film.pixels, low, high)),
        config={"scrollZoom": True, "displaylogo": False},
        alt=f"Chest X-ray {row['file']} at full size, window {low} to {high}",
        key="full_size",
    )
    st.caption("Scroll or pinch to zoom, drag to move, double-click for the whole film.")
    _about(film, row, path)
    _siblings(index, row, path)


def windowed(pixels: np.ndarray, low: int, high: int) -> np.ndarray:
    """`uint8 (H, W)` stretched so that `low` is black and `high` white."""
    ramp = np.clip((np.arange(256) - low) / max(1, high - low), 0, 1)
    return (ramp * 255).round().astype(np.uint8)[pixels]


def zoomable(pixels: np.ndarray) -> go.Figure:
    """The film as a figure that zooms and moves."""
    height, width = pixels.shape
    _, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    source = "data:image/png;base64," + base64.b64encode(png.tobytes()).decode()
    figure = go.Figure(go.Image(source=source, hoverinfo="skip"))
    figure.update_layout(dragmode="pan", height=560, margin={"t": 0, "b": 0, "l": 0, "r": 0})
    figure.update_xaxes(visible=False, range=[0, width])
    figure.update_yaxes(visible=False, range=[height, 0], scaleanchor="x")
    return figure


def _about(film: Film, row: pd.Series, path: str) -> None:
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
        told = {
            "Path": path,
            "Patient": row["patient"],
            "Size": f"{source.width} x {source.height} pixels, {row['bytes']:,} bytes",
            "Stored as": f"{source.format}, {source.bits} bits{', colour' if source.colour else ''}",
            "Mean, spread": f"{mean:.0f}, {film.pixels.std():.0f} of 255",
        }
        told |= {"Steps": "; ".join(source.steps)} if source.steps else {}
        told |= source.header | {"sha256": row["sha256"]}
        told = {field: as_written(value) for field, value in told.items()}
        st.table(pd.Series(told, name="value").rename_axis("field"), hide_header=True, alt="What the file says")


def _siblings(index: Index, row: pd.Series, path: str) -> None:
    films = index.films
    siblings = films[(films["patient"] == row["patient"]) & (films["path"] != path)]
    if not len(siblings):
        st.caption("The only film of this patient.")
        return
    st.markdown(f"**{len(siblings) + 1} films of this patient**")
    with st.grid("auto", min_column_width=110, gap="small") as grid:
        for _, sibling in siblings.head(SIBLINGS_SHOWN).iterrows():
            with grid.cell():
                try:
                    pixels, _ = thumbnail(index.root / sibling["path"], 160)
                    st.image(pixels, alt=f"Sibling film {sibling['file']}", width="stretch")
                except UnreadableFilm as error:
                    st.caption(as_written(str(error)))
                st.caption(f"{as_written(sibling['file'])}, {sibling['label']}, {split_name(sibling['split'])}")
    if len(siblings) > SIBLINGS_SHOWN:
        st.caption(
            f"{SIBLINGS_SHOWN} of {len(siblings)} shown; filter by {as_written(row['patient'])} to see them all."
        )
