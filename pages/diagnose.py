"""Diagnose: drop films, read the answers."""

import time

import streamlit as st

from cxr_core.app.diagnose.dropped_files import MAX_FILES, Dropped, own_name, unpack
from cxr_core.app.diagnose.export import offer_downloads
from cxr_core.app.diagnose.own_reading import ask, show_agreement
from cxr_core.app.diagnose.session import Answer, Refusal, kept_results, picture_of, read_next
from cxr_core.app.diagnose.settings import choose_settings
from cxr_core.app.diagnose.similar import show_similar
from cxr_core.app.diagnose.styles import reading_room
from cxr_core.app.diagnose.verdict import show_file, show_hidden, show_refused, show_verdict, show_why
from cxr_core.app.diagnose.viewer import show_film
from cxr_core.app.diagnose.worklist import choose_film, filtered, show_worklist
from cxr_core.app.model_cache import reader
from cxr_core.app.navigation import require_frame
from cxr_core.datasets.demo import sample_films
from cxr_core.errors import CXRError
from cxr_core.imaging.decode import ACCEPTED
from cxr_core.inference.reader_log import ReadingLog
from cxr_core.inference.wording import heat_in_words
from cxr_core.models.registry import list_models

KEYS = (
    "J next film, K previous. H shows and hides the heatmap, I inverts, + and - zoom, the arrows move a zoomed film, "
    "\\[ and \\] change the window, comma and full stop the level, 0 resets, F fills the screen. "
    "With the mouse: wheel or double click zooms, dragging moves, dragging with Shift changes window and level."
)
require_frame()
state = st.session_state


def uploaded() -> None:
    """Shows the dropped films instead of samples, and makes room for them."""
    state.samples, state.dropping = False, not (state.uploads or state.folder)


def try_samples() -> None:
    """Shows the sample films."""
    state.samples, state.dropping = True, False


def so_far(read: int, files: int) -> tuple[float, str]:
    """The progress bar's length and words."""
    return read / files, f"{read} of {files} files read"


began = time.monotonic()
reading_room()
heading = st.container(horizontal=True, vertical_alignment="center")
heading.title("Diagnose", anchor=False, width="stretch")
models = list_models()
if not models:
    st.warning("No model is installed. Train one on the Train page and publish it; it then reads films here.")
    st.stop()
with heading:
    settings = choose_settings(models)
    exports = st.container(width="content")
    st.button(
        "Try a sample",
        icon=":material/science:",
        help="Six synthetic films, drawn by a computer.",
        on_click=try_samples,
    )

state.setdefault("dropping", True)
with st.expander("Films to read", icon=":material/upload_file:", key="dropping", on_change="rerun"):
    files_side, folder_side = st.columns([3, 2])
    loose = files_side.file_uploader(
        "Drop chest X-rays here, or a zip of them",
        accept_multiple_files=True,
        key="uploads",
        on_change=uploaded,
        help=f"{ACCEPTED}; up to {MAX_FILES} at a time. A file's content decides, not its name. "
        "Films stay in this machine's memory and are never written to disk.",
    )
    in_folder = folder_side.file_uploader(
        "Or a whole folder", accept_multiple_files="directory", key="folder", on_change=uploaded
    )
dropped = [Dropped(file.file_id, own_name(file.name), file.getvalue()) for file in [*loose, *in_folder]]
if state.get("samples"):
    dropped = [Dropped(path.name, path.name, path.read_bytes()) for path in sample_films()]
files, refused = unpack(dropped)
results = kept_results(files, settings.model.version)
answers = [settings.applied(result) for result in results.values() if isinstance(result, Answer)]
refused += [result.sentence for result in results.values() if isinstance(result, Refusal)]
log = ReadingLog()
said = log.latest() if settings.keep else {}

status = st.container()  # always there, so that what is below it stays in place
if len(results) < len(files):
    progress = status.progress(*so_far(len(results), len(files)))
elif not files and not refused:
    status.info(
        "Drop one film or many: you get pneumonia or normal, how probable it is, and which places look like it. "
        "No film at hand? Try a sample.",
        icon=":material/info:",
    )

if answers:
    film_side, list_side = st.columns([5, 2], gap="small")
    with list_side:
        unsaid = {a.file.key for a in answers if settings.blind and (a.reading.sha256, a.reading.version) not in said}
        shown = filtered(answers, unsaid)
        chosen = choose_film(shown)
        if len(answers) > 1:
            show_worklist(shown, chosen, unsaid)
    reading, hidden = chosen.reading, chosen.file.key in unsaid
    with film_side:
        if hidden:
            show_hidden()
        else:
            show_verdict(reading)
        show_film(picture_of(chosen), None if hidden else reading.heatmap, chosen.alt(hidden), chosen.file.key)
    with list_side:
        if settings.keep:
            ask(log, reading, said.get((reading.sha256, reading.version)), hidden)
        if not hidden:
            for reason in reading.reasons:
                st.write(reason)
            if heat := heat_in_words(reading):
                st.caption(heat)
            if reading.verdict in ("pneumonia", "normal"):
                st.write(settings.meaning(reading.verdict))
                st.caption(f"Where {settings.prevalence:.0%} of films show pneumonia; set your own under Settings.")
        if chosen.synthetic:
            st.caption(":material/science: A synthetic film, drawn by a computer. It is nobody's.")
        with st.expander("Behind the answer"):
            if not hidden:
                show_why(reading, settings.model.card)
                if reading.probability is not None:
                    st.caption(settings.in_own_ward(reading.probability))
            for sentence in settings.in_words():
                st.caption(sentence)
        similar = st.expander("Similar films", key="similar", on_change="rerun")
        if similar.open and not hidden:
            with similar:
                show_similar(reading, settings.model)
        with st.expander("Keys"):
            st.caption(KEYS)
        with st.expander("About the file"):
            show_file(chosen)
    with exports:
        known = [answer for answer in shown if answer.file.key not in unsaid]
        offer_downloads(known, len(answers), None if hidden else chosen, settings.to_dict(), said, settings.in_words())
if refused:
    count = f"{len(refused)} files" if len(refused) > 1 else "1 file"
    with st.expander(f"{count} could not be read", icon=":material/broken_image:", expanded=True):
        show_refused(refused)
if settings.keep:
    own = st.expander("Your readings", icon=":material/rate_review:", on_change="rerun", key="agreement_open")
    if own.open:
        with own:
            show_agreement(log, {answer.reading.sha256: answer.reading.file for answer in answers})

if len(results) < len(files):
    try:
        read_next(files, reader(settings.model.name), began, lambda read: progress.progress(*so_far(read, len(files))))
    except CXRError as error:
        st.error(str(error))
        st.stop()
    st.rerun()
