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
from cxr_core.imaging.decode import decode_film
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import Verdict
from cxr_core.log import log_surprise

_log = logging.getLogger(__name__)
OWN_RESULT = "a result of this program"


@dataclass(frozen=True, eq=False)
class Results:
    """The results on a film that was read, DICOM files by their names, the verdict, and the sha256 of its file."""

    files: dict[str, bytes]
    verdict: Verdict
    sha256: str


@dataclass(frozen=True)
class Refused:
    """Why a film is not read. digest: sha256 of its file."""

    reason: str
    digest: str


class FilmReader:
    """Reads films with one model under one set of terms."""

    def __init__(self, predictor: Predictor, terms: Terms) -> None:
        self._predictor, self._terms = predictor, terms

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
            reading = self._predictor.read(film, self._terms.choice)
            step = "its header allows no results"
            answer = answer_of(reading, self._predictor.model, self._terms)
            results = result_files(header, film, reading, answer, datetime.now().astimezone())
        except UnreadableFilm as error:
            return _refused(str(error.about("")), data)
        except CXRError:  # the model can read no film at all
            raise
        except Exception as error:  # of pydicom or highdicom, for headers that break the standard; or of the network
            return _refused(f"{step} (error {log_surprise(_log, error)})", data)
        return Results(results, reading.verdict, reading.sha256)


def _refused(reason: str, data: bytes) -> Refused:
    return Refused(reason, hashlib.sha256(data).hexdigest())


def _why_not(header: Dataset) -> str | None:
    """Why a film is not read, by its header, or None."""
    if is_own_result(header):
        return OWN_RESULT
    if not all(header.get(f"{level}InstanceUID") for level in ("Study", "Series", "SOP")):
        return "no Study, Series or SOP Instance UID; results could not be filed"
    return refusal(header)
