"""What the node keeps of a film after its results have left: the reading and, for the worklist, whose film it is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cxr_core.languages import message

Outcome = Literal["pneumonia", "normal", "uncertain", "not_assessable"]
URGENCY: dict[str, str] = {
    "pneumonia": message("Urgent"),
    "uncertain": message("Soon"),
    "not_assessable": message("To look at"),
    "normal": message("Routine"),
}
"""How soon a reader should look, by the verdict, the most urgent first."""


@dataclass(frozen=True)
class Measured:
    """What the monitor follows; nothing of it identifies a patient.

    logit: before calibration; None if the network did not see the film. brightness, contrast: mean and standard
    deviation of the grey values, 0 to 255. age: years, None if the header has none. manufacturer: of the modality, ""
    if the header has none.
    """

    verdict: Outcome
    logit: float | None
    brightness: float
    contrast: float
    age: float | None
    manufacturer: str


@dataclass(frozen=True)
class Identity:
    """Whose film it is, by its header; "" for what it does not say. pseudonym: of the PatientID, see `patient_key`."""

    name: str = ""
    patient_id: str = ""
    accession: str = ""
    study_uid: str = ""
    study_date: str = ""
    pseudonym: str = ""


NOBODY = Identity()


@dataclass(frozen=True)
class Arrival:
    """One film that was read.

    key: `identity.instance_key`. sha256: of its file. probability: calibrated, of pneumonia, None if not assessable.
    number: the same at `prevalence`, the stated one. model, version: that read it. site: the profile that it was read
    by, or "".
    """

    key: str
    sha256: str
    model: str
    version: str
    site: str
    probability: float | None
    number: float | None
    prevalence: float | None
    measured: Measured
    identity: Identity = NOBODY

    @property
    def verdict(self) -> Outcome:
        """Of the reading."""
        return self.measured.verdict


def initials(name: str) -> str:
    """The initials of a DICOM person name (PS3.5 6.2, VR PN: family^given): "Ng^Ann" is "A. N."; "" without a name."""
    family, _, given = name.split("=")[0].partition("^")
    letters = [part.strip()[:1].upper() for part in (given, family)]
    return " ".join(f"{letter}." for letter in letters if letter)


def week_of(seconds: float) -> str:
    """The Monday of the week of a time since 1970, in UTC: "2026-11-23"."""
    day = datetime.fromtimestamp(seconds, UTC).date()
    return (day - timedelta(days=day.weekday())).isoformat()
