"""The film before: of the same patient, on the worklist or in the archive."""

import os
from dataclasses import dataclass
from datetime import date, timedelta

from cxr_core.errors import CXRError, reason_of
from cxr_core.hospital.address import URL, configured_archive
from cxr_core.hospital.ward.store import Ward, WardFilm
from cxr_core.languages import message

WINDOW, WINDOWS = timedelta(days=31), 12
"""The archive is searched backwards, a month at a time: a search is by day, never by patient, and has a limit."""


@dataclass(frozen=True)
class Prior:
    """A film to compare with. sentence: what is said of it. data: its file, None without one. day: of its study."""

    sentence: str
    data: bytes | None = None
    day: str = ""


def prior_of(ward: Ward, film: WardFilm) -> Prior:
    """The last film of the patient before this one; without one, the sentence that says why."""
    identity = film.arrival.identity
    if not identity.patient_id:
        return Prior(message("The film names no patient, so that no earlier film was looked for."))
    try:
        for other in ward.of_patient(identity.patient_id, film.arrived):
            day = other.arrival.identity.study_date
            return _beside(ward.film(other.arrival.key), str(_day(day)) if day else "")
        if not os.environ.get(URL):
            return Prior(message("No earlier film here, and no archive to look in."))
        return _in_archive(film)
    except CXRError as error:
        return Prior(message("No earlier film could be fetched ({reason}).", reason=reason_of(error)))
    except ModuleNotFoundError:
        return Prior(message("The archive needs the packages of requirements-hospital.txt."))


def _in_archive(film: WardFilm) -> Prior:
    from cxr_core.hospital.archive import Archive, Query

    identity, archive = film.arrival.identity, Archive(configured_archive())
    last = _day(identity.study_date)
    for number in range(WINDOWS):
        end = last - number * WINDOW
        for study in archive.studies(Query(end - WINDOW + timedelta(days=1), end)):
            if study.patient_id == identity.patient_id and study.uid != identity.study_uid:
                return _beside(archive.films(study.uid)[0], str(study.day))
    months = round(WINDOWS * WINDOW.days / 30.4)
    return Prior(message("The archive has no earlier film of the patient within {months} months.", months=months))


def _beside(data: bytes, day: str) -> Prior:
    if not day:
        return Prior(message("Beside it: an earlier film of the patient."), data)
    return Prior(message("Beside it: the patient's film of {day}.", day=day), data, day)


def _day(text: str) -> date:
    """A DICOM date (VR DA), else today."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.today()
