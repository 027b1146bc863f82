"""What results take over from the instance that they are about: its patient and its study, and a reference to it."""

import re
from datetime import datetime, timedelta, timezone

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from cxr_core import __version__
from cxr_core.hospital.checks import MANUFACTURER

NOT_CLINICAL = "Not for clinical use"
# Patient, Patient Study and General Study modules (PS3.3 C.7.1.1, C.7.2.2, C.7.2.1), and the time zone: what a result
# says of the patient is what the film said. The first group is of type 2: present, if need be empty.
_REQUIRED = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
)
_OPTIONAL = (
    *("IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "OtherPatientIDsSequence", "PatientBirthTime"),
    *("PatientAge", "PatientSize", "PatientWeight", "StudyDescription", "IssuerOfAccessionNumberSequence"),
    *("ReferringPhysicianIdentificationSequence", "TimezoneOffsetFromUTC"),
)


def result_dataset(source: Dataset, sop_class: UID, uids: tuple[UID, UID], modality: str, syntax: UID) -> Dataset:
    """A new instance of the source's study, in a new series: patient, study, series, equipment and file meta.

    source: the header of the film. uids: of the new series and instance. Raises KeyError if the source has no
    Study Instance UID.
    """
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = uids[1]
    ds.SeriesInstanceUID = uids[0]
    ds.Modality = modality
    copy_patient_and_study(source, ds)
    ds.Manufacturer, ds.ManufacturerModelName, ds.SoftwareVersions = MANUFACTURER, MANUFACTURER, __version__
    ds.InstanceNumber = 1
    return ds


def copy_patient_and_study(source: Dataset, ds: Dataset) -> None:
    """Copy the patient and study modules, with the character set that they are written in."""
    ds.SpecificCharacterSet = source.get("SpecificCharacterSet") or "ISO_IR 192"
    ds["StudyInstanceUID"] = source["StudyInstanceUID"]
    for keyword in (*_REQUIRED, *_OPTIONAL):
        if keyword in source:  # the element as it is, valid or not
            ds[keyword] = source[keyword]
        elif keyword in _REQUIRED:
            setattr(ds, keyword, None)


def set_times(ds: Dataset, made: datetime) -> None:
    """Series, content and creation time of a result, in the time zone of its study times if these name one (C.12.1)."""
    offset = re.fullmatch(r"([+-])(\d\d)(\d\d)", str(ds.get("TimezoneOffsetFromUTC") or ""))
    if offset:
        sign = -1 if offset[1] == "-" else 1
        made = made.astimezone(timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3]))))
    date, time = f"{made:%Y%m%d}", f"{made:%H%M%S}"
    ds.SeriesDate = ds.ContentDate = ds.InstanceCreationDate = date
    ds.SeriesTime = ds.ContentTime = ds.InstanceCreationTime = time


def uid_element(keyword: str, uid: str) -> DataElement:
    """A UID of the film, as it is: some modalities write UIDs that break the standard, by leading zeros for example."""
    return DataElement(keyword, "UI", uid, validation_mode=IGNORE)


def reference(source: Dataset) -> Sequence:
    """A sequence of one item that refers to the film (PS3.3 Table 10-11)."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.add(uid_element("ReferencedSOPInstanceUID", source.SOPInstanceUID))
    return Sequence([item])
