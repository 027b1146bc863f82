"""A grid of thumbnails with labels; a click or Enter on one opens its film, a box chooses it."""

import base64
from collections.abc import Mapping, Sequence

import cv2
import pandas as pd
import streamlit as st

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.dataset.charts import split_name
from cxr_core.app.dataset.film_dialog import open_film
from cxr_core.datasets.index import Index
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import thumbnail

COLUMNS, ROWS = 6, 4
THUMBNAIL_SIDE = 240


def show_grid(
    index: Index,
    films: pd.DataFrame,
    key: str,
    notes: Mapping[str, str] | None = None,
    chosen: set[str] | None = None,
    row_of_films: Sequence[str] = (),
) -> None:
    """Draw the films, rows of `Index.films`, as a grid and open the one that is clicked.

    key: of the component. notes: a line under a film, by sha256. chosen: the paths that are chosen; each film then has
    a box that changes this set. row_of_films: the paths that the dialog leads through, by default the grid's.
    """
    cells = [
        _cell(index, film) | {"note": (notes or {}).get(film["sha256"], ""), "chosen": film["path"] in (chosen or ())}
        for _, film in films.iterrows()
    ]
    shown = set(films["path"])

    def choose() -> None:
        if chosen is not None:
            chosen.difference_update(shown)
            chosen.update(shown & set(st.session_state[key].get("chosen") or ()))  # the browser may send any value

    data = {"films": cells, "columns": COLUMNS, "choose": chosen is not None}
    result = show_component("dataset/film_grid", key, data, on_opened_change=lambda: None, on_chosen_change=choose)
    if result.opened in shown:
        open_film(index, row_of_films or films["path"].tolist(), result.opened)


def _cell(index: Index, film: pd.Series) -> dict[str, str]:
    """The content of one cell: texts and picture, or the reason why the film has none."""
    about = split_name(film["split"]) + ("" if film["kind"] in ("normal", "unknown") else f", {film['kind']}")
    cell = {"path": film["path"], "name": film["file"], "label": film["label"], "about": about}
    if film["fault"]:
        return cell | {"fault": film["fault"]}
    try:
        pixels, _ = thumbnail(index.root / film["path"], THUMBNAIL_SIDE)
    except UnreadableFilm as error:
        return cell | {"fault": str(error)}
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    picture = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    return cell | {"picture": picture, "alt": f"{film['kind']} chest X-ray {film['file']}"}
