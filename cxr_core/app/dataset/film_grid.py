"""A grid of thumbnails with labels; a click or Enter on one opens its film."""

import base64

import cv2
import pandas as pd

from cxr_core.app.components.browser_component import show_component
from cxr_core.app.dataset.charts import split_name
from cxr_core.app.dataset.film_dialog import open_film
from cxr_core.datasets.index import Index
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import thumbnail

COLUMNS, ROWS = 6, 4
THUMBNAIL_SIDE = 240


def show_grid(index: Index, films: pd.DataFrame, key: str) -> None:
    """Draw the films, rows of `Index.films`, as a grid and open the one that is clicked. key: of the component."""
    data = {"films": [_cell(index, film) for _, film in films.iterrows()], "columns": COLUMNS}
    result = show_component("dataset/film_grid", key, data, on_opened_change=lambda: None)
    if result.opened in set(films["path"]):  # the browser may send any value
        open_film(index, result.opened)


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
