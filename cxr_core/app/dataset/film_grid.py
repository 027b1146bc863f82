"""Films as a grid of pictures with their labels; a click or Enter on one opens it."""

import base64

import cv2
import pandas as pd

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.dataset.charts import split_name
from cxr_core.app.dataset.film_dialog import show_film
from cxr_core.datasets.index import Index
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import thumbnail

COLUMNS, ROWS = 6, 4
THUMBNAIL_SIDE = 240


def show_grid(index: Index, films: pd.DataFrame, key: str) -> None:
    """The films (rows of `Index.films`) as a grid; opens the one that is clicked."""
    shown = [_shown(index, film) for _, film in films.iterrows()]
    data = {"films": shown, "columns": COLUMNS}
    result = show_component("dataset/film_grid", key, data, on_opened_change=lambda: None)
    if result.opened in set(films["path"]):  # the browser may send anything
        show_film(index, result.opened)


def _shown(index: Index, film: pd.Series) -> dict[str, str]:
    """What the browser draws of one film."""
    about = split_name(film["split"]) + ("" if film["kind"] in ("normal", "unknown") else f", {film['kind']}")
    shown = {"path": film["path"], "name": film["file"], "label": film["label"], "about": about}
    if film["fault"]:
        return shown | {"fault": film["fault"]}
    try:
        pixels, _ = thumbnail(index.root / film["path"], THUMBNAIL_SIDE)
    except UnreadableFilm as error:
        return shown | {"fault": str(error)}
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    picture = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    return shown | {"picture": picture, "alt": f"{film['kind']} chest X-ray {film['file']}"}
