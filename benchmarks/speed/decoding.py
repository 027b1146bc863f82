"""Speed of decoding films: the same files by this version and by another, alternating, in one run.

    python -m benchmarks.speed.decoding FOLDER [--base CHECKOUT] [--films 100] [--repeats 3]

FOLDER: full-size films (JPEG). Each is decoded as it is, and as DICOM, native and compressed, of 12 bits; and as 16-bit
PNG. --base: a checkout of the version to compare with, measured in a process of its own. Prints films per second of
processor time for each format: the fastest of the repeats. Other load on the machine hardly matters.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    generate_uid,
)

NATIVE, COMPRESSED = "DICOM native", {"DICOM JPEG-LS": JPEGLSLossless, "DICOM JPEG 2000": JPEG2000Lossless}
WORKER = """
import json, sys, time
from pathlib import Path
try:
    from cxr_core.imaging.decode import read_film
except ImportError:  # until version 0.1.0
    from cxr_core.data.decode import read_film
files = sorted(Path(sys.argv[1]).iterdir())
read_film(files[0])
for line in sys.stdin:
    began = time.process_time()
    for file in files:
        read_film(file)
    print(json.dumps(time.process_time() - began), flush=True)
"""


def main() -> None:
    """Write the files, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    originals = sorted(file for file in arguments.folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    originals = originals[: arguments.films]
    checkouts = {"this version": Path.cwd()} | ({"base": arguments.base} if arguments.base else {})
    with tempfile.TemporaryDirectory() as folder:
        for name, files in write_formats(originals, Path(folder)).items():
            rates = {
                which: len(originals) / best for which, best in measure(files, checkouts, arguments.repeats).items()
            }
            print(
                f"{name:16}",
                ", ".join(f"{which} {rate:.1f} films a second" for which, rate in rates.items()),
                flush=True,
            )


def measure(files: Path, checkouts: dict[str, Path], repeats: int) -> dict[str, float]:
    """Seconds to decode the folder, the best of the repeats, by checkout; the checkouts take turns."""
    workers = {
        which: subprocess.Popen(
            [sys.executable, "-c", WORKER, str(files)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for which, root in checkouts.items()
    }
    best = dict.fromkeys(checkouts, float("inf"))
    for _ in range(repeats):
        for which, worker in workers.items():
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
            best[which] = min(best[which], json.loads(worker.stdout.readline()))
    for worker in workers.values():
        worker.communicate()
    return best


def write_formats(originals: list[Path], folder: Path) -> dict[str, Path]:
    """The films in every format, a folder each."""
    names = ("JPEG", "16-bit PNG", NATIVE, *COMPRESSED)
    folders = {name: folder / name.replace(" ", "_") for name in names}
    for target in folders.values():
        target.mkdir()
    random = np.random.default_rng(0)
    for number, file in enumerate(originals):
        (folders["JPEG"] / f"{number}.jpeg").write_bytes(file.read_bytes())
        pixels = np.asarray(Image.open(file).convert("L")).astype(np.int32)
        values = np.clip(pixels * 16 + random.integers(0, 16, pixels.shape), 0, 4095).astype(np.uint16)
        Image.fromarray(values).save(folders["16-bit PNG"] / f"{number}.png", compress_level=1)
        for name in (NATIVE, *COMPRESSED):
            (folders[name] / f"{number}.dcm").write_bytes(_dicom(values, COMPRESSED.get(name)))
    return folders


def _dicom(values: np.ndarray, syntax: UID | None) -> bytes:
    """A 12-bit digital X-ray with a window, native or compressed."""
    film = Dataset()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.SOPClassUID, film.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    film.Rows, film.Columns = values.shape
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 12, 11, 0
    film.WindowCenter, film.WindowWidth = 2048, 4096
    film.PixelData = values.tobytes()
    film["PixelData"].VR = "OW"
    if syntax is not None:
        film.compress(syntax, generate_instance_uid=False)
    buffer = io.BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"in {time.perf_counter() - started:.0f} s")
