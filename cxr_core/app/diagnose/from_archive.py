"""Films from the hospital's archive: a study is searched by DICOMweb, and its films join those that were dropped."""

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.app.account import account, settings
from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.new_drop import announce
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError
from cxr_core.languages import counted

if TYPE_CHECKING:
    from cxr_core.hospital.archive import Study

URL, NAMES = "CXR_ARCHIVE_URL", "CXR_ARCHIVE_NAMES"
SHOWN = 200  # studies to choose from


def films_from_archive() -> list[DroppedFile]:
    """Draw the search, folded away, and return the films of the study that was opened; nothing without an archive."""
    if not os.environ.get(URL):
        return []
    state = st.session_state
    area = st.expander(_("From the archive"), icon=":material/database_search:", key="from_archive", on_change="rerun")
    if area.open:
        with area:
            _search()
            _choose_study()
            if state.get("archive_films"):
                st.button(_("Remove the study's films"), on_click=_remove_films)
    films: list[DroppedFile] = state.get("archive_films", [])
    return films


def may_see_patients() -> bool:
    """Whether this reader may search by patient, and see whose studies are listed: by setting, and by role."""
    if os.environ.get(NAMES) != "1":
        return False
    access = settings()
    return access is None or account().role in access.patient_names


def _search() -> None:
    """Ask what to search for; the studies that are found stay in the session."""
    today = date.today()
    days_side, modality_side, description_side = st.columns(3)
    days = days_side.date_input(_("Date"), (today - timedelta(days=1), today), max_value=today)
    modalities = modality_side.multiselect(_("Modality"), ["CR", "DX", "OT"], ["CR", "DX"])
    description = description_side.text_input(_("Description"), placeholder="*chest*")
    patient = st.text_input(_("Patient"), placeholder=_("Name or id")) if may_see_patients() else ""
    if not st.button(_("Find studies")):
        return
    st.session_state.archive_studies = None
    try:
        from cxr_core.hospital.address import configured_archive
        from cxr_core.hospital.archive import Archive, Query

        first, last = (days[0], days[-1]) if isinstance(days, tuple) and days else (None, None)
        query = Query(first, last, tuple(modalities), description.strip(), patient.strip())
        st.session_state.archive_studies = Archive(configured_archive()).studies(query)
    except CXRError as error:
        st.error(escape_markdown(error_text(error)))
    except ModuleNotFoundError:
        st.error(_("The archive needs the packages of requirements-hospital.txt."))


def _choose_study() -> None:
    """Choose one of the studies that were found."""
    studies: list[Study] | None = st.session_state.get("archive_studies")
    if studies is None:
        return
    if not studies:
        st.info(_("No such study."))
        return
    if len(studies) > SHOWN:
        st.caption(
            _(
                "{found} studies; the newest {listed} are listed. Narrow the search to see others.",
                found=len(studies),
                listed=SHOWN,
            )
        )
    by_uid = {study.uid: study for study in studies[:SHOWN]}
    chosen = st.selectbox(_("Study"), list(by_uid), format_func=lambda uid: _label(by_uid[uid]))
    st.button(_("Read this study"), type="primary", on_click=_fetch, args=(chosen,))
    if message := st.session_state.pop("archive_message", ""):
        st.error(escape_markdown(message))


def _fetch(study_uid: str) -> None:
    """Fetch a study's films into the session's memory, and fold away what was needed to choose them."""
    from cxr_core.hospital.address import configured_archive
    from cxr_core.hospital.archive import Archive
    from cxr_core.hospital.identity import key_of_file

    state = st.session_state
    try:
        films = {key_of_file(film): film for film in Archive(configured_archive()).films(study_uid)}
    except CXRError as error:
        state.archive_message = error_text(error)
        return
    state.archive_films = [DroppedFile(f"archive {key}", f"{key}.dcm", film) for key, film in films.items()]
    state.samples = state.from_archive = False
    announce(film.key for film in state.archive_films)


def _remove_films() -> None:
    """Forget the films of the study."""
    st.session_state.archive_films = []


def _label(study: "Study") -> str:
    """One line on a study; with the patient only for who may see it."""
    count = _(counted("{count} image", "{count} images", study.instances))
    parts = [str(study.day or _("no date")), "/".join(study.modalities), study.description, count]
    if may_see_patients():
        parts = [study.patient_name.replace("^", " ").strip(), study.patient_id, *parts]
    return " · ".join(part for part in parts if part)
