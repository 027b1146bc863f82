"""The films that the reader brings: kept in the session's memory from page to page, until the next patient.

Removing a file from an upload control removes its film. After a visit to another page the controls are empty, and the
films are still there.
"""

from functools import cache
from pathlib import Path

import streamlit as st

from cxr_core.app.components.viewer_words import html_in_language
from cxr_core.app.diagnose import decision_time
from cxr_core.app.diagnose.dropped_files import MAX_FILES, DroppedFile, file_name
from cxr_core.app.diagnose.from_archive import films_from_archive
from cxr_core.app.diagnose.language import page_language, speaking
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import announce, end_of_new_drop
from cxr_core.app.emptied_uploads import empty
from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import ACCEPTED

_OF_ONE_PATIENT = (
    *("films", "taken", "results", "chosen", "archive_films", "samples", "beside", "full_range"),
    decision_time.KEY,
)
_BY_NAME = ("note ", "truth ", "kept ")  # the first words of such states


def take_films() -> list[DroppedFile]:
    """Draw the controls that take films, and return the session's films: samples, or else those that were brought."""
    state = st.session_state
    state.setdefault("dropping", not (state.get("films") or state.get("samples")))
    label = _("Add films") if brought_any() else _("Films to read")  # a new label: closed at once, not animated
    with st.expander(label, icon=":material/upload_file:", key="dropping", on_change="rerun"):
        files_side, folder_side = st.columns([3, 2])
        with files_side:
            st.html(_camera_button(page_language()), unsafe_allow_javascript=True)  # on a phone or tablet
            _uploader(
                "uploads",
                _("Drop chest X-rays here, or a zip of them"),
                True,
                _(
                    "{formats}; up to {files} at a time. The format is detected from the content, not from the name. "
                    "Films stay in this machine's memory until the next patient or until you close the page, and are "
                    "never written to disk.",
                    formats=ACCEPTED,
                    files=MAX_FILES,
                ),
            )
        with folder_side:
            _uploader("folder", _("Or a whole folder"), "directory")
    from_archive = films_from_archive()
    if state.get("samples"):
        return [DroppedFile(path.name, path.name, path.read_bytes()) for path in sample_films()]
    return [*state.get("films", {}).values(), *from_archive]


def show_samples() -> None:
    """Show the sample films."""
    st.session_state.samples = True
    announce(path.name for path in sample_films())


def next_patient() -> None:
    """Forget the films of this patient, their readings and notes, and ask for the next ones."""
    state = st.session_state
    for name in [*_OF_ONE_PATIENT, *(name for name in state if str(name).startswith(_BY_NAME))]:
        state.pop(name, None)
    end_of_new_drop()
    state.patient = state.get("patient", 0) + 1
    state.dropping, state.wanted = True, []


def brought_any() -> bool:
    """Whether the session holds films of a patient, or shows the samples."""
    state = st.session_state
    return bool(state.get("films") or state.get("archive_films") or state.get("samples"))


@cache
def _camera_button(language: str) -> str:
    """A button that asks for the camera."""
    html, css, script = (Path(__file__).with_name(f"camera.{kind}").read_text() for kind in ("html", "css", "js"))
    with speaking(language):
        return f"<style>{css}</style>{html_in_language(html)}<script>{script}</script>"


def _uploader(control: str, label: str, multiple: bool | str, help_text: str | None = None) -> None:
    """An upload control; what is added to it and removed from it is added to and removed from the session's films."""
    key = f"{control} {st.session_state.get('patient', 0)}"
    if not st.session_state.get(key):  # also when the reader comes back from another page: the films are kept
        st.session_state.setdefault("taken", {})[control] = frozenset()
    st.file_uploader(
        label,
        accept_multiple_files=multiple,  # type: ignore[arg-type]
        key=key,
        help=help_text,
        on_change=_take,
        args=(control, key),
    )


def _take(control: str, key: str) -> None:
    """Take over the files that were added to an upload control, and forget those that were removed from it."""
    state = st.session_state
    present = {file.file_id: file for file in state.get(key) or []}
    films: dict[str, DroppedFile] = state.setdefault("films", {})
    for removed in state.taken[control] - present.keys():
        films.pop(removed, None)
    new = [file_id for file_id in present if file_id not in films]
    films |= {name: DroppedFile(name, file_name(present[name].name), present[name].getvalue()) for name in new}
    empty(present[name] for name in new)
    state.taken[control] = frozenset(present)
    state.samples = False
    if new:
        announce(new)
