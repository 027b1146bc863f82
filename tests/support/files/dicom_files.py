"""DICOM files for tests."""

import io
from typing import Any

import cv2
import numpy as np
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    generate_uid,
)

from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.film import Film
from tests.support.synthetic_chests import chest

RAMP_12 = np.linspace(0, 4095, 32 * 48).reshape(32, 48).astype(np.uint16)

# A film of 8 bits, its values of 12 bits, and the window that shows them as the film.
FILM = cv2.resize(chest(3, pneumonia=False, side=256), (256, 200))
FILM = np.clip((FILM.astype(float) - 45) * 2, 2, 253).astype(np.uint8)
FILM[:40] //= 4  # air
FILM[0, 0], FILM[0, 1] = 0, 255
VALUES = np.rint(FILM / 255 * 4095).astype(np.uint16)
WINDOW = {"WindowCenter": 2047.5, "WindowWidth": 4096}


def bundled(name: str) -> bytes:
    """One of pydicom's own test files; the larger ones come with pydicom-data."""
    with open(str(get_testdata_file(name)), "rb") as file:  # noqa: PTH123
        return file.read()


def dataset(pixels: np.ndarray = RAMP_12, bits: int = 12, syntax: UID = ExplicitVRLittleEndian, **tags: Any) -> Dataset:
    """A digital X-ray of those stored values; `tags` are further elements by keyword."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = DigitalXRayImageStorageForPresentation
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = generate_uid(entropy_srcs=["film"])
    ds.Modality, ds.PhotometricInterpretation = "DX", "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.SamplesPerPixel = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim == 3:
        ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    ds.BitsAllocated = 8 * pixels.dtype.itemsize
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    stored_as = pixels.dtype.newbyteorder(">" if syntax == ExplicitVRBigEndian else "<")
    ds.PixelData = pixels.astype(stored_as).tobytes()
    ds["PixelData"].VR = "OW" if pixels.dtype.itemsize == 2 else "OB"
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return ds


def saved(ds: Dataset) -> bytes:
    """The file's bytes, with preamble."""
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def film_of(pixels: np.ndarray = RAMP_12, bits: int = 12, **tags: Any) -> Film:
    return decode_film(saved(dataset(pixels, bits, **tags)), "film.dcm")


def table(entries: np.ndarray, first: int, bits: int) -> Dataset:
    """One item of a modality or VOI LUT sequence."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 2**16, first, bits]
    item["LUTDescriptor"].VR = "SS" if first < 0 else "US"
    item.add_new("LUTData", "OW", entries.astype("u1" if bits == 8 else "<u2").tobytes())
    return item


def pixels_of(data: bytes) -> np.ndarray:
    """The pixels of the film in these bytes."""
    return decode_film(data, "film.dcm").pixels
