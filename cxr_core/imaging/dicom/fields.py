"""The technical fields of a DICOM header that may be kept: none identifies a patient."""

import logging
import re

from pydicom import Dataset
from pydicom.multival import MultiValue

from cxr_core.imaging.dicom.syntaxes import syntax_name
from cxr_core.log import log_handled

_logger = logging.getLogger(__name__)

# The technical fields of the header, each with the pattern of its values (VR CS, AS, DS and LO of PS3.5 6.2). No free
# text by an operator (series description, protocol, comments): it may hold names.
_CODE, _NUMBERS, _TEXT = r"[A-Z0-9_ /\\]{1,32}", r"[-+.0-9eE\\ ]{1,40}", r".{1,64}"
_FIELDS = {
    "Modality": _CODE,
    "BodyPartExamined": _CODE,
    "ViewPosition": _CODE,
    "ImageLaterality": _CODE,
    "PatientOrientation": _CODE,
    "PresentationIntentType": _CODE,
    "PhotometricInterpretation": _CODE,
    "PatientSex": "[MFO]",
    "PatientAge": r"\d{3}[DWMY]",
    "PixelSpacing": _NUMBERS,
    "ImagerPixelSpacing": _NUMBERS,
    "KVP": _NUMBERS,
    "Manufacturer": _TEXT,
    "ManufacturerModelName": _TEXT,
}


def technical_fields(ds: Dataset) -> dict[str, str]:
    """The technical fields by their DICOM keywords; nothing that names a patient, a date or a place.

    Ages of 90 years and more become "090Y", as they identify people (45 CFR 164.514(b)(2)(i)(C)).
    """
    header = {"TransferSyntax": syntax_name(ds.file_meta.TransferSyntaxUID)}
    for keyword, pattern in _FIELDS.items():
        try:
            value = ds.get(keyword)
            text = "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value)
        except Exception as error:  # a field that cannot be parsed counts as absent
            log_handled(_logger, "a header field cannot be read", error)
            continue
        text = text.strip()
        if value is not None and text.isprintable() and re.fullmatch(pattern, text):
            header[keyword] = text
    if re.fullmatch(r"(09[1-9]|[1-9]\d\d)Y", header.get("PatientAge", "")):
        header["PatientAge"] = "090Y"
    return header
