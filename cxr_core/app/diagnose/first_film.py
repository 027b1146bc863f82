"""A patient's first film: read when its upload arrives, and shown before the page is drawn anew.

On a page that shows no film the viewer and the banner wait, empty and hidden, in their final places. The browser fills
them with the answer that `app/first_answer.py` sends; the script run that follows the upload draws the same reading
again, together with all that surrounds it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cxr_core.app.account import account
from cxr_core.app.components.browser_component import show_component
from cxr_core.app.diagnose.dropped_files import DroppedFile, file_name, is_zip
from cxr_core.app.diagnose.film_view import KEY, banner_of, draw_viewer, on_phone, words_of
from cxr_core.app.diagnose.language import page_language, speaking
from cxr_core.app.diagnose.session import FilmResult, Result, keep, read_by, read_file, record
from cxr_core.app.diagnose.settings import Settings
from cxr_core.app.diagnose.viewer import film_data
from cxr_core.app.first_answer import PATH, Awaited, await_first
from cxr_core.app.model_cache import loaded_predictor

STATE = "first film"


class FirstFilm:
    """The reader of a session's first film. result: what was read, and `picture` its JPEG."""

    def __init__(self, settings: Settings, predictor: Any, context: Any) -> None:
        """predictor: of the settings' model. context: of the script run, for the session's uploaded files."""
        self.settings = settings
        self.result: Result | None = None
        self.picture = b""
        self.awaited = Awaited(self._read)
        self._predictor = predictor
        self._session, self._files = context.session_id, context.uploaded_file_mgr
        self._account, self._language = account(), page_language()

    def _read(self, file_id: str) -> dict[str, Any] | None:
        """The answer for the browser; None for a zip and for a file that cannot be read."""
        (upload,) = self._files.get_files(self._session, [file_id])
        if is_zip(upload.data):
            return None
        file = DroppedFile(file_id, file_name(upload.name), upload.data)
        result, self.picture = read_file(file, self._predictor, shown=True)
        if isinstance(result, FilmResult):
            record(self._account, result.reading)
        self.result = result
        return self._answer(self.settings.apply(result)) if isinstance(result, FilmResult) else None

    def _answer(self, result: FilmResult) -> dict[str, Any]:
        with speaking(self._language):
            banner = f"<div data-first>{banner_of(result, [result], False, self.settings)}</div>"
            film = film_data(result.file.key, result.reading.file, self.picture, result.source)
            return film | words_of(result, False, [result]) | {"banner": banner}


def await_first_film(settings: Settings) -> None:
    """Draw viewer and banner, empty and hidden, and answer the first film that this session uploads.

    Only where nothing has to be loaded first, where the reader is not asked first, and not for a phone: there the
    picture would cross a slow network twice.
    """
    context, predictor = get_script_run_ctx(), loaded_predictor(settings.model)
    if context is None or predictor is None or settings.blind or on_phone():
        return
    with st.container(key="first_film"):
        film_side, _ = st.columns([5, 2], gap="small")
        with film_side:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key="answer"):
                st.html("<div data-awaited></div>")
            draw_viewer(KEY, {"film": None})
    first = st.session_state[STATE] = FirstFilm(settings, predictor.at(settings.site), context)
    await_first(context.session_id, first.awaited)
    root = f"/{str(st.get_option('server.baseUrlPath') or '').strip('/')}".rstrip("/")
    addresses = {
        "path": f"{root}/{PATH}/{context.session_id}",
        "soon": [f"{root}/{file}" for file in _upload_scripts()],
    }
    show_component("diagnose/first_film", "first_answer", addresses)


@lru_cache(maxsize=1)
def _upload_scripts() -> list[str]:
    """The scripts that Streamlit's page loads with its first upload; none if they have another name."""
    root = Path(st.__file__).parent / "static"
    return [file.relative_to(root).as_posix() for file in root.glob("static/js/axios.*.js")]


def take_over(files: list[DroppedFile], by: str) -> None:
    """Let the session have the reading that its browser was sent, if it is of one of these files. by: see `read_by`."""
    first: FirstFilm | None = st.session_state.pop(STATE, None)
    if first is None or first.result is None or read_by(first.settings.model, first.settings.rules) != by:
        return
    for file in files:
        if file.key == first.result.file.key:
            keep(by, first.result, file, first.picture)
