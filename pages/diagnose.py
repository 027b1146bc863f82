"""Diagnose: drop films, get a reading of each."""

import time
from collections.abc import Callable

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.diagnose.agreement import show_agreement
from cxr_core.app.diagnose.decision_time import any_on_screen, note_empty_page, note_on_screen
from cxr_core.app.diagnose.dropped_files import unpack
from cxr_core.app.diagnose.export import offer_downloads
from cxr_core.app.diagnose.file_details import show_file_details, show_unreadable_files
from cxr_core.app.diagnose.film_view import banner_of, send_ahead, show_film
from cxr_core.app.diagnose.first_film import await_first_film, take_over
from cxr_core.app.diagnose.intake import brought_any, next_patient, show_samples, take_films
from cxr_core.app.diagnose.language import choose_language, error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import awaited, end_of_new_drop
from cxr_core.app.diagnose.own_reading import own_reading_controls
from cxr_core.app.diagnose.prevalence import ask_prevalence, is_assumed
from cxr_core.app.diagnose.session import FilmResult, UnreadableFile, read_by, read_next, session_results
from cxr_core.app.diagnose.settings import choose_settings
from cxr_core.app.diagnose.similar import show_similar
from cxr_core.app.diagnose.verdict import stability_in_words
from cxr_core.app.diagnose.worklist import choose_film, filtered, show_worklist
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.app.navigation import require_frame
from cxr_core.errors import CXRError, DamagedRecord
from cxr_core.inference.elsewhere import worth_elsewhere
from cxr_core.inference.number import frequency_sentence
from cxr_core.inference.reader_log import ReadingLog
from cxr_core.inference.wording import heatmap_in_words
from cxr_core.labels import SYNTHETIC_FILM
from cxr_core.languages import counted, message, percent
from cxr_core.models.registry import list_models
from cxr_core.paths import ward_table

SHORTCUTS = message(
    "J next film, K previous, Shift+N next patient. H shows and hides the heatmap, I inverts, R rotates, X mirrors, "
    "+ and - zoom, the arrows move a zoomed film. 1 the file's own window, 2 lung, 3 bone, 4 mediastinum, \\[ and \\] "
    "change the window, comma and full stop the level. M measures: the arrows move an end of the ruler, with Shift the "
    "other. B shows another film beside this one, Shift+B the next. 0 resets, F fills the screen. "
    "With the mouse: wheel or double click zooms, dragging moves, dragging with Shift changes window and level."
)
require_frame()


def progress_of(read: int, files: int) -> tuple[float, str]:
    """Length, 0 to 1, and text of the progress bar."""
    return read / files, _("{read} of {files} files read", read=read, files=files)


def read_more(progress: Callable[[int], object]) -> None:
    """Read some more films, and report their number; an error ends the page."""
    try:
        predictor = predictor_with_spinner(settings.model, _("Loading the model."))
        read_next(files, predictor.at(settings.site), started, progress)
    except CXRError as error:
        st.error(escape_markdown(error_text(error)))
        st.stop()


started = time.monotonic()
heading = st.container(horizontal=True, key="heading")
heading.title("Diagnose", anchor=False, width="content")
middle = heading.container(width="stretch")
models = list_models()
if not models:
    st.warning(_("No model is installed. Train one on the Train page and publish it; it then reads films here."))
    st.stop()
with heading:
    settings = choose_settings(models)
    exports = st.container(width="content", key="exports")
    st.button(
        _("Try a sample"),
        icon=":material/science:",
        help=_("Six synthetic films, computer-generated."),
        on_click=show_samples,
    )
    if brought_any():
        st.button(
            _("Next patient"),
            icon=":material/person_add:",
            shortcut="Shift+N",
            help=_("Forgets these films and their readings, and asks for the next ones."),
            on_click=next_patient,
        )

with middle:
    dropped = take_films()
with st.container():  # always drawn, as `status` below
    if ward_table().exists():
        from cxr_core.app.ward.worklist import show_ward  # late: most have none

        show_ward(settings.blind)
files, unreadable = unpack(dropped)
by = read_by(settings.model, settings.rules)
take_over(files, by)
results = session_results(files, by)
status = st.container(key="status")  # always drawn, so that the elements below it keep their position
if files and not results and not any_on_screen():  # no film of before is left on screen: answer in this very run
    with status:
        read_more(lambda _: None)
    results = session_results(files, by)
readable = [settings.apply(result) for result in results.values() if isinstance(result, FilmResult)]
unreadable += [result.error for result in results.values() if isinstance(result, UnreadableFile)]
log = ReadingLog(reader=account().id)
own_readings, keep = {}, settings.keep
try:
    own_readings = log.latest() if keep else {}
except DamagedRecord as error:
    show_passed_over([error_text(error)])
    keep = False

if len(results) < len(files):
    progress_bar = status.progress(*progress_of(len(results), len(files)))
elif not files and not unreadable:
    status.info(
        _(
            "Drop one or more chest X-rays. Each gets a verdict (pneumonia or normal), the probability of pneumonia, "
            "and a heatmap of where it resembles pneumonia. No film at hand? Try a sample."
        ),
        icon=":material/info:",
    )
    with status:
        ask_prevalence(settings.rules)
    await_first_film(settings)
with status:
    if awaited(files, results, [result.file.key for result in readable]):
        readable = []
if readable:
    with st.container(key="first_film"):
        film_side, list_side = st.columns([5, 2], gap="small")
    with list_side:
        hidden_keys = {
            result.file.key
            for result in readable
            if settings.asks_first(result.reading.sha256)
            and (result.reading.sha256, result.reading.version) not in own_readings
        }
        listed = filtered(readable, hidden_keys)
        chosen = choose_film(listed)
        if len(readable) > 1:
            show_worklist(listed, chosen, hidden_keys)
    reading, hidden = chosen.reading, chosen.file.key in hidden_keys
    note_on_screen(reading.sha256, hidden)
    with film_side:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="answer"):
            st.html(banner_of(chosen, listed, hidden, settings))
            ask_prevalence(settings.rules)
        show_film(chosen, hidden, listed)
    with list_side, st.container(key="about_film"):
        if keep:
            own_reading_controls(log, reading, own_readings.get((reading.sha256, reading.version)), hidden)
        with st.container():  # so that the expanders below keep their position and stay open
            if not hidden:
                for reason in reading.reasons[reading.probability_here is not None :]:  # the first is in the banner
                    if reason not in chosen.age_notes:
                        st.write(escape_markdown(_(reason)))
                notes = []
                if reading.probability_here is not None:
                    st.write(_(frequency_sentence(reading.probability_here, settings.prevalence)))
                    if is_assumed(settings.rules):
                        notes.append(
                            _(
                                "{prevalence} is assumed: state beside the number what is true where you are.",
                                prevalence=percent(settings.prevalence),
                            )
                        )
                    notes.append(_(worth_elsewhere(settings.model)))
                if heatmap_text := heatmap_in_words(reading):
                    notes.append(_(heatmap_text))
                if notes:
                    st.caption("\n\n".join(notes))
        if chosen.synthetic:
            st.caption(f":material/science: {_(SYNTHETIC_FILM)}")
        with st.expander(_("Details of the result")):
            details = [_(sentence) for sentence in settings.summary()]
            if not hidden and (stability := stability_in_words(reading, settings.rules, settings.choice)):
                details.insert(0, escape_markdown(stability))
            st.caption("\n\n".join(details))
        similar = st.expander(_("Similar films"), key="similar", on_change="rerun")
        if similar.open and not hidden:
            with similar:
                show_similar(reading, settings.model)
        with st.expander(_("Keyboard shortcuts")):
            st.caption(_(SHORTCUTS))
        with st.expander(_("About the file")):
            show_file_details(chosen)
    if len(results) == len(files):
        end_of_new_drop()
    with exports:
        offer_downloads(
            [result for result in listed if result.file.key not in hidden_keys],
            len(readable),
            None if hidden else chosen,
            settings.to_dict(),
            own_readings,
            settings.summary(),
            settings.site,
        )
    send_ahead(chosen, listed, hidden_keys, settings)
if unreadable:
    count = counted("{count} file could not be read", "{count} files could not be read", len(unreadable))
    with st.expander(_(count), icon=":material/broken_image:", expanded=True):
        show_unreadable_files(unreadable)
if keep:
    agreement = st.expander(_("Your readings"), icon=":material/rate_review:", on_change="rerun", key="agreement_open")
    if agreement.open:
        with agreement:
            names = {result.reading.sha256: result.reading.file for result in readable}
            show_agreement(log, names, settings.number_of)

choose_language()

if not files:  # all is drawn: what was on screen before is gone
    note_empty_page()
if len(results) < len(files):
    read_more(lambda read: progress_bar.progress(*progress_of(read, len(files))))
    st.rerun()
