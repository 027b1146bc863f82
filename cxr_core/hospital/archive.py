"""The archive by DICOMweb (PS3.18): find studies (QIDO-RS), fetch films (WADO-RS), store results (STOW-RS).

The address of a request is logged on its way, by proxies and by the archive. Therefore no identifier of a patient is
ever sent in one: studies are searched by date, modality and description, and a patient is looked for in what came back.
"""

import fnmatch
import io
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar

import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset, dcmwrite
from requests.auth import HTTPBasicAuth

from cxr_core.errors import InputError, NotFound, WorkError
from cxr_core.hospital.address import WebArchive
from cxr_core.hospital.checks import CAPTURED_MODALITIES, is_own_result
from cxr_core.languages import message

for _name in ("dicomweb_client", "urllib3"):  # they log addresses and messages of the archive
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

LIMIT = 500  # studies of one search
MODALITIES = ("CR", "DX")
UID_PATTERN = re.compile(r"[0-9]+(\.[0-9]+)+")
TIMEOUT = 60  # seconds without a byte
_FIELDS = ("StudyDescription", "ModalitiesInStudy", "NumberOfStudyRelatedInstances", "PatientName", "PatientID")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Study:
    """A study that was found.

    day: of the study, or None. patient_name, patient_id: shown only to who may see them; not in `repr`.
    """

    uid: str
    day: date | None
    modalities: tuple[str, ...]
    description: str
    instances: int
    patient_name: str
    patient_id: str

    def __repr__(self) -> str:
        return f"Study({self.day}, {'/'.join(self.modalities)})"


@dataclass(frozen=True)
class Query:
    """What to search for. Wildcards "*" and "?" are allowed in the texts; an empty text finds all.

    first, last: days of the study. patient: a name or an id; compared here, never sent.
    """

    first: date | None = None
    last: date | None = None
    modalities: tuple[str, ...] = MODALITIES
    description: str = ""
    patient: str = ""

    def filters(self, modality: str) -> dict[str, str]:
        """The parameters of the request (PS3.18 8.3.4) for one modality; none of them identifies a patient."""
        found = {"ModalitiesInStudy": modality} if modality else {}
        if self.first or self.last:
            found["StudyDate"] = f"{_day(self.first)}-{_day(self.last)}"
        return found

    def matches(self, study: Study) -> bool:
        """Whether a study has the description and the patient that are searched for."""
        return _like(self.description, study.description) and (
            _like(self.patient, study.patient_name) or _like(self.patient, study.patient_id)
        )


class ArchiveUnreachable(WorkError):
    """There is no connection to the archive."""


class Archive:
    """A DICOMweb service. Its methods raise WorkError if it cannot be reached or refuses."""

    def __init__(self, archive: WebArchive) -> None:
        session = requests.Session()
        session.trust_env = False  # no proxy and no .netrc from the environment
        session.max_redirects = 0  # a password goes nowhere else
        if archive.token:
            session.headers["Authorization"] = f"Bearer {archive.token}"
        elif archive.user:
            session.auth = HTTPBasicAuth(archive.user.encode(), archive.password.encode())
        self._session, self._url = session, archive.url
        self._client = DICOMwebClient(archive.url, session=session, timeout=TIMEOUT)
        self._client.set_http_retry_params(retry=True, max_attempts=3, wait_exponential_multiplier=200)

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def studies(self, query: Query) -> list[Study]:
        """The studies that match, the newest first, at most `LIMIT` for each modality."""
        found: dict[str, Study] = {}
        for modality in query.modalities or ("",):
            search = partial(self._client.search_for_studies, fields=list(_FIELDS), limit=LIMIT)
            rows = self._ask(message("search"), partial(search, search_filters=query.filters(modality)))
            found |= {study.uid: study for study in map(_study, rows) if study.uid}
        matching = [study for study in found.values() if query.matches(study)]
        return sorted(matching, key=lambda study: (study.day or date.min, study.uid), reverse=True)

    def films(self, study_uid: str) -> list[bytes]:
        """The radiographs of a study, as DICOM files in memory; this program's own results are left out.

        Raises InputError for what is no UID, NotFound if the archive has no radiograph in such a study.
        """
        if not UID_PATTERN.fullmatch(study_uid) or len(study_uid) > 64:
            raise InputError(thing=repr(study_uid[:70]), accepted="a Study Instance UID is accepted, digits and dots")
        of_study = partial(self._client.search_for_series, study_uid, fields=["Manufacturer"])
        series = self._ask(message("search"), of_study)
        films = []
        for row in series:
            header = Dataset.from_json(row)
            if header.get("Modality") not in CAPTURED_MODALITIES or is_own_result(header):
                continue
            retrieve = partial(self._client.retrieve_series, study_uid, str(header.SeriesInstanceUID))
            instances = self._ask(message("fetch"), retrieve)
            films += [_file(ds) for ds in instances if not is_own_result(ds) and "Rows" in ds]
        if not films:
            missing = message("the archive has no radiograph in a study of this UID")
            raise NotFound(missing, thing=f"study {study_uid}")
        return films

    def store(self, instances: Sequence[Dataset]) -> None:
        """Store instances by one request."""
        answer = self._ask(message("store"), lambda: self._client.store_instances(list(instances)))
        if failed := answer.get("FailedSOPSequence"):
            reasons = sorted({f"0x{int(item.get('FailureReason', 0)):04X}" for item in failed})
            raise WorkError(f"the archive did not store {len(failed)} results ({', '.join(reasons)}).")

    def _ask(self, what: str, request: Callable[[], Result]) -> Result:
        """Make a request; whatever goes wrong becomes one sentence without the address or the archive's words."""
        try:
            return request()
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else message("no status")
            if status in (401, 403):
                refused = message("the archive refuses this account ({status})", status=status)
                raise WorkError(refused, thing=self._url) from None
            answered = message("the archive answered {status} to a request to {what}", status=status, what=what)
            raise WorkError(answered, thing=self._url) from None
        except requests.RequestException as error:
            kind = type(error).__name__
            raise ArchiveUnreachable(
                message("the archive cannot be reached ({kind})", kind=kind), thing=self._url
            ) from None
        except Exception as error:  # an answer that is no DICOM
            kind = type(error).__name__
            unusable = message("the archive's answer cannot be used ({kind})", kind=kind)
            raise WorkError(unusable, thing=self._url) from None


def _study(row: dict[str, Any]) -> Study:
    ds = Dataset.from_json(row)
    text = str(ds.get("StudyDate") or "")
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8])) if re.fullmatch(r"[0-9]{8}", text) else None
    modalities = ds.get("ModalitiesInStudy") or ()
    return Study(
        uid=str(ds.get("StudyInstanceUID") or ""),
        day=day,
        modalities=(modalities,) if isinstance(modalities, str) else tuple(map(str, modalities)),
        description=str(ds.get("StudyDescription") or ""),
        instances=int(ds.get("NumberOfStudyRelatedInstances") or 0),
        patient_name=str(ds.get("PatientName") or ""),
        patient_id=str(ds.get("PatientID") or ""),
    )


def _file(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def _like(pattern: str, text: str) -> bool:
    return not pattern or fnmatch.fnmatchcase(text.casefold(), pattern.casefold())


def _day(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""
