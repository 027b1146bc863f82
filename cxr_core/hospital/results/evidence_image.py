"""The evidence as a DICOM picture: the film with its heatmap, as Secondary Capture (PS3.3 A.8.1), JPEG compressed."""

from datetime import datetime

import cv2
import numpy as np
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, SecondaryCaptureImageStorage

from cxr_core.hospital.answer import Answer
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.study import NOT_CLINICAL, reference, result_dataset, set_times
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.number import number_text
from cxr_core.labels import VERDICTS

SERIES_NUMBER = 9102
DESCRIPTION = f"Pneumonia: evidence. {NOT_CLINICAL}"
SIDE = 1024  # pixels of the longer side, at most
OPACITY, QUALITY = 0.5, 90


def evidence_image(
    source: Dataset, answer: Answer, pixels: np.ndarray, heatmap: np.ndarray | None, made: datetime
) -> Dataset:
    """The picture, as an instance of the film's study.

    pixels: `uint8 (H, W)`. heatmap: `float32 (h, w)` in [0, 1], or None; without it, the film alone is shown.
    """
    picture = annotated(pixels, heatmap, answer)
    series, instance = (result_uid(source.SOPInstanceUID, answer.version, f"picture{end}") for end in (" series", ""))
    ds = result_dataset(source, SecondaryCaptureImageStorage, (series, instance), "OT", JPEGBaseline8Bit)
    ds.SeriesNumber, ds.SeriesDescription = SERIES_NUMBER, DESCRIPTION
    set_times(ds, made)
    ds.ConversionType, ds.PatientOrientation = "WSD", source.get("PatientOrientation")
    ds.BodyPartExamined = "CHEST"  # unpaired: needs no laterality
    ds.ImageType = ["DERIVED", "SECONDARY"]
    ds.DerivationDescription = "Film with the evidence for pneumonia in colour" if heatmap is not None else "Film"
    ds.SourceImageSequence = reference(source)
    ds.BurnedInAnnotation = str(source.get("BurnedInAnnotation") or "NO")  # of the patient: as on the film
    ds.Rows, ds.Columns = picture.shape[:2]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "YBR_FULL_422", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    written, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not written:
        raise ValueError("the picture cannot be compressed")
    ds.LossyImageCompression, ds.LossyImageCompressionMethod = "01", "ISO_10918_1"
    ds.LossyImageCompressionRatio = round(picture.nbytes / len(jpeg), 2)
    ds.PixelData = encapsulate([jpeg.tobytes()])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    return ds


def annotated(pixels: np.ndarray, heatmap: np.ndarray | None, answer: Answer) -> np.ndarray:
    """The film, `uint8 (H, W, 3)` RGB, with its heatmap and, above and below it, the verdict and the warning."""
    scale = min(1.0, SIDE / max(pixels.shape))
    size = (max(64, round(pixels.shape[1] * scale)), max(64, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    shown = np.repeat(small[..., None], 3, axis=2) if heatmap is None else overlay(small, heatmap, OPACITY)
    band = max(20, size[0] // 20)
    number = (
        "" if answer.probability is None else f" {number_text(answer.probability)} (prevalence {answer.prevalence:.0%})"
    )
    above = _strip(f"{VERDICTS[answer.verdict]}{number}", size[0], band)
    below = _strip(NOT_CLINICAL.upper(), size[0], band)
    return np.ascontiguousarray(np.vstack([above, shown, below]))


def _strip(text: str, width: int, height: int) -> np.ndarray:
    """White words on black, as large as fit: `uint8 (height, width, 3)`."""
    strip = np.zeros((height, width, 3), np.uint8)
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, height // 25)
    (wide, high), _ = cv2.getTextSize(text, font, 1.0, thickness)
    scale = min(0.92 * width / wide, 0.6 * height / high)
    (wide, high), _ = cv2.getTextSize(text, font, scale, thickness)
    origin = ((width - wide) // 2, (height + high) // 2)
    cv2.putText(strip, text, origin, font, scale, (255, 255, 255), thickness, cv2.LINE_AA)
    return strip
