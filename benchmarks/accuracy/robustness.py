"""How far the probability of one film moves with its file's format, its size, and the films beside it.

    python -m benchmarks.accuracy.robustness ../shared/data/chest_xray_full_size [--small ../shared/data/chest_xray]

Each full-size film is read as it is; as PNG, as JPEG at quality 95 and as DICOM; alone and in batches of 32; and as the
film of the same name in `--small`, at 224 pixels. Wanted of each: less than 0.02 in the median and less than 0.1 at the
99th percentile. And, without a bar, blurred by parts of its width: how much the model takes a soft film for a sick one,
and how many of them the gate refuses.
"""

import argparse
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from benchmarks.speed.reading_speed import score
from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import decode_film, read_film
from cxr_core.inference.gate.pixel_checks import check_pixels
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model

MEDIAN, PERCENTILE_99 = 0.02, 0.1
BLURS = (0.003, 0.005, 0.008)


def main() -> None:
    """Read every version, print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--small", type=Path, default=Path("../shared/data/chest_xray"))
    parser.add_argument("--model")
    asked = parser.parse_args()
    reader = Predictor(find_model(asked.model))
    index = build_index(asked.data)
    paths = index.readable["path"].tolist()
    films = [read_film(index.root / path).pixels for path in paths]

    def probabilities(pixels: list[np.ndarray]) -> np.ndarray:
        return score(reader, pixels)

    own = probabilities(films)
    small = {path.name: path for path in asked.small.rglob("*.jpeg")}
    versions = {
        "PNG": probabilities([decode_film(encoded(film, ".png"), "film.png").pixels for film in films]),
        "JPEG at quality 95": probabilities([decode_film(encoded(film, ".jpg"), "film.jpg").pixels for film in films]),
        "DICOM": probabilities([decode_film(dicom(film), "film.dcm").pixels for film in films]),
        "224 pixels": probabilities([read_film(small[Path(path).name]).pixels for path in paths]),
        "alone, not in a batch": np.concatenate([probabilities([film]) for film in films]),
    }
    print(f"{len(films)} films of {index.root.name}, model {reader.model.name} {reader.model.version}")
    print(f"{'read as':24}{'median':>10}{'99th':>10}{'largest':>10}{'mean, signed':>14}")
    for name, found in versions.items():
        away = np.abs(found - own)
        middle, far = np.median(away), np.percentile(away, 99)
        within = middle < MEDIAN and far < PERCENTILE_99
        print(f"{name:24}{_told(away, found - own)}  {'ok' if within else 'TOO FAR'}")
    for part in BLURS:
        blurred = [cv2.GaussianBlur(film, (0, 0), part * film.shape[1]) for film in films]
        change = probabilities(blurred) - own
        refused = np.mean([check_pixels(film) is not None for film in blurred])
        print(f"{f'blurred by {part:.1%}':24}{_told(np.abs(change), change)}  {refused:.0%} refused")


def _told(away: np.ndarray, change: np.ndarray) -> str:
    return f"{np.median(away):10.5f}{np.percentile(away, 99):10.5f}{away.max():10.5f}{change.mean():14.5f}"


def encoded(film: np.ndarray, suffix: str) -> bytes:
    """A film `uint8 (H, W)` as PNG, or as JPEG at quality 95."""
    how = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix == ".jpg" else []
    return cv2.imencode(suffix, film, how)[1].tobytes()


def dicom(film: np.ndarray) -> bytes:
    """A film `uint8 (H, W)` as an uncompressed DX image."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    image = Dataset()
    image.file_meta = meta
    image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    image.Modality, image.PhotometricInterpretation = "DX", "MONOCHROME2"
    image.Rows, image.Columns = film.shape
    image.SamplesPerPixel, image.PixelRepresentation = 1, 0
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    image.PixelData = film.tobytes() + b"\0" * (film.size % 2)
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    return file.getvalue()


if __name__ == "__main__":
    main()
