"""Radiographs as DICOM, of the synthetic demo films, for tests of the hospital package. Nobody's."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from cxr_core.datasets.demo import DEMO_FILMS

IDENTIFIERS = {
    "PatientName": "Plantedfamily^Plantedgiven",
    "PatientID": "PLANTED-PID-7731",
    "PatientBirthDate": "20210314",
    "IssuerOfPatientID": "PLANTED-ISSUER",
    "AccessionNumber": "PLANTEDACC99",
    "ReferringPhysicianName": "Plantedreferrer^Doctor",
}
"""Six values that identify a patient, in the patient and study modules."""


def demo_pixels(number: int) -> np.ndarray:
    """Film `number` of the demo films, `uint8 (H, W)`; they repeat."""
    films = sorted(path for path in (DEMO_FILMS / "train").rglob("*.jpeg"))
    return np.asarray(Image.open(films[number % len(films)]).convert("L"))


def radiograph(number: int = 0, pixels: np.ndarray | None = None, **tags: Any) -> Dataset:
    """A CR image of a study of its own; `tags` are further elements by keyword. The same number has the same UIDs."""
    pixels = demo_pixels(number) if pixels is None else pixels
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = ComputedRadiographyImageStorage
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(ds, keyword, uid(number, keyword))
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.PatientName, ds.PatientID = f"Test^Film{number}", f"T{number:05d}"
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = "20220101", "O", "004Y"
    ds.StudyDate, ds.StudyTime, ds.StudyID = "20261126", "101500", str(number)
    ds.AccessionNumber, ds.ReferringPhysicianName, ds.StudyDescription = f"A{number:05d}", "", "Chest PA"
    ds.Modality, ds.BodyPartExamined, ds.ViewPosition, ds.SeriesNumber = "CR", "CHEST", "PA", 1
    ds.InstanceNumber, ds.PatientOrientation, ds.Manufacturer = 1, ["L", "F"], "Test"
    ds.Rows, ds.Columns = pixels.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.PixelData = pixels.tobytes() + b"\x00" * (pixels.size % 2)
    ds["PixelData"].VR = "OB"
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    return ds


def uid(number: int, keyword: str) -> UID:
    """The UID of test film `number`: of its study, series or instance."""
    return generate_uid(entropy_srcs=["cxr test", str(number), keyword])


def as_bytes(ds: Dataset) -> bytes:
    """The file's bytes."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def write(ds: Dataset, file: Path) -> Path:
    """Write the file; returns its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(as_bytes(ds))
    return file
