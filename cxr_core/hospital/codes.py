"""The codes of results, each once: SNOMED CT (SCT), DICOM (DCM), LOINC (LN) and UCUM."""

from typing import NamedTuple

from cxr_core.labels import Verdict


class Coded(NamedTuple):
    """A code, its scheme by the designator of PS3.16 Table 8-1, and its meaning."""

    value: str
    scheme: str
    meaning: str


PNEUMONIA = Coded("233604007", "SCT", "Pneumonia")
LUNG = Coded("39607008", "SCT", "Lung")
CHEST_RADIOGRAPHY = Coded("399208008", "SCT", "Plain chest X-ray")
CHEST_VIEWS = Coded("30745-4", "LN", "XR Chest Views")
IMAGING_REPORT = Coded("18748-4", "LN", "Diagnostic imaging report")
MINIMUM = Coded("255605001", "SCT", "Minimum")
MAXIMUM = Coded("56851009", "SCT", "Maximum")
PROBABILITY = Coded("122157", "DCM", "Probability")
THRESHOLD = Coded("122411", "DCM", "Threshold Value")
SHARE = Coded("1", "UCUM", "no units")

PRESENCE: dict[Verdict, Coded] = {
    "pneumonia": Coded("52101004", "SCT", "Present"),
    "normal": Coded("2667000", "SCT", "Absent"),
    "uncertain": Coded("82334004", "SCT", "Indeterminate"),
    "not_assessable": Coded("373068000", "SCT", "Undetermined"),
}
"""Whether there is pneumonia, by the verdict."""

SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "LN": "http://loinc.org",
    "UCUM": "http://unitsofmeasure.org",
}
"""The addresses by which FHIR names the schemes."""
