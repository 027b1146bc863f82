"""How much the probability of a film depends on its file format, its size, and the other films in the batch.

    python -m benchmarks.accuracy.robustness ../shared/data/chest_xray_full_size [--small ../shared/data/chest_xray]

Each full-size film is read as it is; as PNG, as JPEG at quality 95 and as DICOM; alone and in batches of 32; and as the
film of the same name in `--small`, at 224 pixels. Target for each: a change of less than 0.02 in the median and less
than 0.1 at the 99th percentile. Without a target: blurred films, how much the model takes blur for pneumonia, and how
many of these films the gate refuses.
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
    """Read every version, print the changes in probability."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--small", type=Path, default=Path("../shared/data/chest_xray"))
    parser.add_argument("--model")
    arguments = parser.parse_args()
    predictor = Predictor(find_model(arguments.model))
    index = build_index(arguments.data)
    paths = index.readable["path"].tolist()
    films = [read_film(index.root / path).pixels for path in paths]

    def probabilities(pixels: list[np.ndarray]) -> np.ndarray:
        return score(predictor, pixels)

    original = probabilities(films)
    small = {path.name: path for path in arguments.small.rglob("*.jpeg")}
    versions = {
        "PNG": probabilities([decode_film(encoded(film, ".png"), "film.png").pixels for film in films]),
        "JPEG at quality 95": probabilities([decode_film(encoded(film, ".jpg"), "film.jpg").pixels for film in films]),
        "DICOM": probabilities([decode_film(dicom(film), "film.dcm").pixels for film in films]),
        "224 pixels": probabilities([read_film(small[Path(path).name]).pixels for path in paths]),
        "alone, not in a batch": np.concatenate([probabilities([film]) for film in films]),
    }
    print(f"{len(films)} films of {index.root.name}, model {predictor.model.name} {predictor.model.version}")
    print(f"{'read as':24}{'median':>10}{'99th':>10}{'largest':>10}{'mean, signed':>14}")
    for name, found in versions.items():
        change = found - original
        size = np.abs(change)
        within = np.median(size) < MEDIAN and np.percentile(size, 99) < PERCENTILE_99
        print(f"{name:24}{_row(change)}  {'ok' if within else 'TOO FAR'}")
    for part in BLURS:
        blurred = [cv2.GaussianBlur(film, (0, 0), part * film.shape[1]) for film in films]
        change = probabilities(blurred) - original
        refused = np.mean([check_pixels(film).refusal is not None for film in blurred])
        print(f"{f'blurred by {part:.1%}':24}{_row(change)}  {refused:.0%} refused")


def _row(change: np.ndarray) -> str:
    size = np.abs(change)
    return f"{np.median(size):10.5f}{np.percentile(size, 99):10.5f}{size.max():10.5f}{change.mean():14.5f}"


def encoded(film: np.ndarray, suffix: str) -> bytes:
    """A film `uint8 (H, W)` as PNG, or as JPEG at quality 95."""
    options = [cv2.IMWRITE_JPEG_QUALITY, 95] if suffix == ".jpg" else []
    return cv2.imencode(suffix, film, options)[1].tobytes()


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
