"""A data set with more than forty kinds of fault, derived from demo films."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

from cxr_core.datasets.demo import DEMO_FILMS, read_manifest
from cxr_core.labels import CLASSES, NORMAL, PNEUMONIA
from tests.support.synthetic_films import encoded, no_chest, write

TRAIN_NORMAL, TRAIN_PNEUMONIA = f"train/{NORMAL}", f"train/{PNEUMONIA}"


def good_films(number: int = 24) -> list[tuple[str, bytes]]:
    """Path and bytes of demo films without a fault, normal and pneumonia alternately."""
    rows = [row for row in read_manifest() if row.in_repository and not row.fault and row.path.startswith("train/")]
    by_class = [[row for row in rows if row.label == label] for label in CLASSES]
    chosen = [row for pair in zip(*by_class, strict=False) for row in pair][:number]
    return [(row.path, (DEMO_FILMS / row.path).read_bytes()) for row in chosen]


def write_faulty_data_set(root: Path) -> Path:
    """Writes the data set to `root`, 24 good films and twice as many faulty ones, and returns `root`."""
    good = good_films()
    write(root, dict(good))
    film = good[0][1]
    image = Image.open(io.BytesIO(film)).convert("L")
    sideways = Image.Exif()
    sideways[0x0112] = 6
    png = encoded(image, "PNG")
    colour = Image.merge("RGB", (image, image.point(lambda v: v // 2), image))
    files = {
        f"{TRAIN_NORMAL}/empty.jpeg": b"",
        f"{TRAIN_NORMAL}/text.jpeg": b"This is a note.\n",
        f"{TRAIN_NORMAL}/truncated.jpeg": film[: len(film) // 2],
        f"{TRAIN_NORMAL}/truncated.png": png[:-50],
        f"{TRAIN_NORMAL}/truncated.bmp": encoded(image, "BMP")[:-500],
        f"{TRAIN_NORMAL}/truncated.webp": encoded(image, "WEBP")[:-50],
        f"{TRAIN_NORMAL}/damaged.png": png[:60] + bytes(200) + png[260:],
        f"{TRAIN_NORMAL}/strip.png": encoded(Image.new("L", (5, 300)), "PNG"),
        f"{TRAIN_NORMAL}/bomb.png": png[:16] + struct.pack(">II", 60_000, 60_000) + png[24:],
        f"{TRAIN_NORMAL}/document.jpeg": b"%PDF-1.7 " + bytes(500),
        f"{TRAIN_NORMAL}/archive.jpeg": b"PK\x03\x04" + bytes(500),
        f"{TRAIN_NORMAL}/animation.jpeg": encoded(image, "GIF"),
        f"{TRAIN_NORMAL}/report.dcm": dicom_without_pixels(),
        f"{TRAIN_NORMAL}/copy.jpeg": good[2][1],
        f"test/{NORMAL}/copy in test.jpeg": good[2][1],
        f"{TRAIN_PNEUMONIA}/copy of a normal one.jpeg": good[4][1],
        f"{TRAIN_NORMAL}/saved again.jpeg": encoded(
            Image.open(io.BytesIO(good[6][1])).convert("L"), "JPEG", quality=60
        ),
        f"{TRAIN_NORMAL}/resized.png": encoded(
            Image.open(io.BytesIO(good[8][1])).convert("L").resize((180, 180)), "PNG"
        ),
        "test/PNEUMONIA/person9021_bacteria_7.jpeg": encoded(image.rotate(4), "JPEG"),
        f"{TRAIN_NORMAL}/no chest.png": no_chest(),
        f"{TRAIN_PNEUMONIA}/colour.jpeg": encoded(colour, "JPEG"),
        f"{TRAIN_PNEUMONIA}/inverted.jpeg": encoded(image.point(lambda v: 255 - v), "JPEG"),
        f"{TRAIN_PNEUMONIA}/tiny.jpeg": encoded(image.resize((40, 40)), "JPEG"),
        f"{TRAIN_PNEUMONIA}/three equal channels.jpeg": encoded(Image.merge("RGB", (image.rotate(2),) * 3), "JPEG"),
        f"{TRAIN_PNEUMONIA}/print.jpeg": encoded(colour.convert("CMYK"), "JPEG"),
        f"{TRAIN_PNEUMONIA}/palette.png": encoded(image.rotate(3).convert("P"), "PNG"),
        f"{TRAIN_PNEUMONIA}/sixteen.png": encoded(
            Image.fromarray(np.asarray(image.rotate(5)).astype(np.uint16) * 257), "PNG"
        ),
        f"{TRAIN_PNEUMONIA}/transparent.png": encoded(image.rotate(6).convert("RGBA"), "PNG"),
        f"{TRAIN_PNEUMONIA}/sideways.jpeg": encoded(image.rotate(90), "JPEG", exif=sideways),
        f"{TRAIN_PNEUMONIA}/with  spaces .jpeg": encoded(image.rotate(7), "JPEG"),
        f"{TRAIN_PNEUMONIA}/рентген 胸片.jpeg": encoded(image.rotate(8), "JPEG"),
        f"{TRAIN_PNEUMONIA}/<b>:red[$x$]<b>.jpeg": encoded(image.rotate(9), "JPEG"),
        f"{TRAIN_PNEUMONIA}/two\nlines.jpeg": encoded(image.rotate(10), "JPEG"),
        f"{TRAIN_PNEUMONIA}/{'long' * 60}.jpeg": encoded(image.rotate(11), "JPEG"),
        f"{TRAIN_PNEUMONIA}/UPPER.JPEG": encoded(image.rotate(12), "JPEG"),
        f"{TRAIN_PNEUMONIA}/no ending": encoded(image.rotate(13), "JPEG"),
        f"{TRAIN_PNEUMONIA}/png.jpeg": encoded(image.rotate(14), "PNG"),
        f"{TRAIN_PNEUMONIA}/folder 3/deep.jpeg": encoded(image.rotate(15), "JPEG"),
        f"{TRAIN_PNEUMONIA}/folder.jpeg/inside.jpeg": encoded(image.rotate(16), "JPEG"),
        f"{TRAIN_PNEUMONIA}/vanishes.jpeg": encoded(image.rotate(17), "JPEG"),
        f"{TRAIN_PNEUMONIA}/.DS_Store": b"x",
        f"{TRAIN_PNEUMONIA}/Thumbs.db": b"x",
        "__MACOSX/train/NORMAL/._a.jpeg": b"x",
        "train/stray.jpeg": film,
        "train/COVID/other.jpeg": film,
        "notes/readme.txt": b"x",
    }
    write(root, files)
    (root / "val/PNEUMONIA").mkdir(parents=True)
    (root / TRAIN_NORMAL / "link.jpeg").symlink_to(root / good[1][0])
    (root / TRAIN_NORMAL / "loop").symlink_to(root / "train")
    (root / TRAIN_NORMAL / "dead link.jpeg").symlink_to(root / "nowhere.jpeg")
    (root / TRAIN_NORMAL / "link to itself.jpeg").symlink_to("link to itself.jpeg")
    os.mkfifo(root / TRAIN_NORMAL / "pipe.jpeg")
    (root / TRAIN_NORMAL / os.fsdecode(b"latin1 \xe9.jpeg")).write_bytes(film)
    (root / TRAIN_NORMAL / "locked.jpeg").write_bytes(film)
    (root / TRAIN_NORMAL / "locked.jpeg").chmod(0)
    return root


def dicom_without_pixels() -> bytes:
    """A valid DICOM file of a structured report, which has no image."""
    data = pydicom.Dataset()
    data.PatientID, data.Modality = "12", "SR"
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()
