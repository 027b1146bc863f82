"""One film of the spool becomes its results as DICOM, or the reason why it is not read."""

import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydicom import Dataset, dcmread

from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.hospital.answer import Terms, answer_of
from cxr_core.hospital.checks import is_own_result, refusal
from cxr_core.hospital.results.build import result_files
from cxr_core.hospital.ward.arrival import Arrival, Identity, Measured
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.dicom.age import parse_age
from cxr_core.imaging.film import Film
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.reading import Reading
from cxr_core.labels import Verdict
from cxr_core.log import log_surprise
from cxr_core.patient_key import pseudonym

_log = logging.getLogger(__name__)
OWN_RESULT = "a result of this program"


@dataclass(frozen=True, eq=False)
class Results:
    """The results on a film that was read, DICOM files by their names, and what the ward may keep of it.

    In shadow mode there are no files.
    """

    files: dict[str, bytes]
    arrival: Arrival

    @property
    def verdict(self) -> Verdict:
        """Of the reading."""
        return self.arrival.verdict

    @property
    def sha256(self) -> str:
        """Of the film's file."""
        return self.arrival.sha256


@dataclass(frozen=True)
class Refused:
    """Why a film is not read. digest: sha256 of its file."""

    reason: str
    digest: str


class FilmReader:
    """Reads films with one model under one set of terms.

    shadow: no results are made, and films that the gate refuses are scored as well, as for an evaluation.
    """

    def __init__(self, predictor: Predictor, terms: Terms, shadow: bool = False) -> None:
        self._predictor, self._terms, self._shadow = predictor, terms, shadow

    def read(self, file: Path, key: str) -> Results | Refused:
        """Read a film; its content raises nothing. key: of its instance.

        Raises CXRError if the model can read no film at all, OSError if the disk fails.
        """
        data = file.read_bytes()
        step = "its header cannot be read"
        try:
            header = dcmread(io.BytesIO(data), stop_before_pixels=True)
            header.remove_private_tags()
            if reason := _why_not(header):
                return _refused(reason, data)
            film = decode_film(data, f"{key}.dcm")
            step = "reading it failed"
            reading = self._read(film)
            step = "its header allows no results"
            results: dict[str, bytes] = {}
            if not self._shadow:
                answer = answer_of(reading, self._predictor.model, self._terms)
                results = result_files(header, film, reading, answer, datetime.now().astimezone())
            arrival = self._arrival(key, header, film, reading)
        except UnreadableFilm as error:
            return _refused(str(error.about("")), data)
        except CXRError:  # the model can read no film at all
            raise
        except Exception as error:  # of pydicom or highdicom, for headers that break the standard; or of the network
            return _refused(f"{step} (error {log_surprise(_log, error)})", data)
        return Results(results, arrival)

    def _read(self, film: Film) -> Reading:
        if not self._shadow:
            return self._predictor.read(film, self._terms.choice)
        prediction = self._predictor.predict_film(film, score_refused=True)
        return self._predictor.decide(prediction, self._terms.choice)

    def _arrival(self, key: str, header: Dataset, film: Film, reading: Reading) -> Arrival:
        age = parse_age(str(header.get("PatientAge") or ""))
        measured = Measured(
            verdict=reading.verdict,
            logit=reading.prediction.logit if reading.prediction else None,
            brightness=round(float(film.pixels.mean()), 2),
            contrast=round(float(film.pixels.std()), 2),
            age=age.years if age else None,
            manufacturer=_text(header, "Manufacturer"),
        )
        return Arrival(
            key=key,
            sha256=reading.sha256,
            model=reading.model,
            version=reading.version,
            site=self._terms.site.name if self._terms.site else "",
            probability=reading.probability,
            number=reading.probability_here,
            prevalence=reading.prevalence,
            measured=measured,
            identity=_identity(header),
        )


def _identity(header: Dataset) -> Identity:
    patient_id = _text(header, "PatientID")
    return Identity(
        name=_text(header, "PatientName"),
        patient_id=patient_id,
        accession=_text(header, "AccessionNumber"),
        study_uid=_text(header, "StudyInstanceUID"),
        study_date=_text(header, "StudyDate"),
        pseudonym=pseudonym(patient_id) if patient_id else "",
    )


def _text(header: Dataset, keyword: str) -> str:
    return str(header.get(keyword) or "").strip()


def _refused(reason: str, data: bytes) -> Refused:
    return Refused(reason, hashlib.sha256(data).hexdigest())


def _why_not(header: Dataset) -> str | None:
    """Why a film is not read, by its header, or None."""
    if is_own_result(header):
        return OWN_RESULT
    if not all(header.get(f"{level}InstanceUID") for level in ("Study", "Series", "SOP")):
        return "no Study, Series or SOP Instance UID; results could not be filed"
    return refusal(header)
