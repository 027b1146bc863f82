"""A data set with more than forty kinds of trouble in it, made of demo films."""

import io
import os
import struct
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

from cxr_core.datasets.demo import SHIPPED, read_manifest
from tests.support.synthetic_films import encoded, no_chest, write

NORMAL, SICK = "train/NORMAL", "train/PNEUMONIA"


def good_films(number: int = 24) -> list[tuple[str, bytes]]:
    """Path and bytes of demo films without a fault, of both classes in turn."""
    rows = [row for row in read_manifest() if row.shipped and not row.fault and row.path.startswith("train/")]
    by_class = [[row for row in rows if row.label == label] for label in ("NORMAL", "PNEUMONIA")]
    chosen = [row for pair in zip(*by_class, strict=False) for row in pair][:number]
    return [(row.path, (SHIPPED / row.path).read_bytes()) for row in chosen]


def make_trouble(root: Path) -> Path:
    """Writes the set to `root`, a good film for each two bad ones, and returns `root`."""
    good = good_films()
    write(root, dict(good))
    film = good[0][1]
    image = Image.open(io.BytesIO(film)).convert("L")
    sideways = Image.Exif()
    sideways[0x0112] = 6
    png = encoded(image, "PNG")
    colour = Image.merge("RGB", (image, image.point(lambda v: v // 2), image))
    files = {
        f"{NORMAL}/empty.jpeg": b"",
        f"{NORMAL}/text.jpeg": b"This is a note.\n",
        f"{NORMAL}/truncated.jpeg": film[: len(film) // 2],
        f"{NORMAL}/truncated.png": png[:-50],
        f"{NORMAL}/truncated.bmp": encoded(image, "BMP")[:-500],
        f"{NORMAL}/truncated.webp": encoded(image, "WEBP")[:-50],
        f"{NORMAL}/damaged.png": png[:60] + bytes(200) + png[260:],
        f"{NORMAL}/strip.png": encoded(Image.new("L", (5, 300)), "PNG"),
        f"{NORMAL}/bomb.png": png[:16] + struct.pack(">II", 60_000, 60_000) + png[24:],
        f"{NORMAL}/document.jpeg": b"%PDF-1.7 " + bytes(500),
        f"{NORMAL}/archive.jpeg": b"PK\x03\x04" + bytes(500),
        f"{NORMAL}/animation.jpeg": encoded(image, "GIF"),
        f"{NORMAL}/report.dcm": dicom_without_pixels(),
        f"{NORMAL}/copy.jpeg": good[2][1],
        f"test/{NORMAL[6:]}/copy in test.jpeg": good[2][1],
        f"{SICK}/copy of a normal one.jpeg": good[4][1],
        f"{NORMAL}/saved again.jpeg": encoded(Image.open(io.BytesIO(good[6][1])).convert("L"), "JPEG", quality=60),
        f"{NORMAL}/resized.png": encoded(Image.open(io.BytesIO(good[8][1])).convert("L").resize((180, 180)), "PNG"),
        "test/PNEUMONIA/person9021_bacteria_7.jpeg": encoded(image.rotate(4), "JPEG"),
        f"{NORMAL}/no chest.png": no_chest(),
        f"{SICK}/colour.jpeg": encoded(colour, "JPEG"),
        f"{SICK}/inverted.jpeg": encoded(image.point(lambda v: 255 - v), "JPEG"),
        f"{SICK}/tiny.jpeg": encoded(image.resize((40, 40)), "JPEG"),
        f"{SICK}/three equal channels.jpeg": encoded(Image.merge("RGB", (image.rotate(2),) * 3), "JPEG"),
        f"{SICK}/print.jpeg": encoded(colour.convert("CMYK"), "JPEG"),
        f"{SICK}/palette.png": encoded(image.rotate(3).convert("P"), "PNG"),
        f"{SICK}/sixteen.png": encoded(Image.fromarray(np.asarray(image.rotate(5)).astype(np.uint16) * 257), "PNG"),
        f"{SICK}/transparent.png": encoded(image.rotate(6).convert("RGBA"), "PNG"),
        f"{SICK}/sideways.jpeg": encoded(image.rotate(90), "JPEG", exif=sideways),
        f"{SICK}/with  spaces .jpeg": encoded(image.rotate(7), "JPEG"),
        f"{SICK}/рентген 胸片.jpeg": encoded(image.rotate(8), "JPEG"),
        f"{SICK}/<b>:red[$x$]<b>.jpeg": encoded(image.rotate(9), "JPEG"),
        f"{SICK}/two\nlines.jpeg": encoded(image.rotate(10), "JPEG"),
        f"{SICK}/{'long' * 60}.jpeg": encoded(image.rotate(11), "JPEG"),
        f"{SICK}/UPPER.JPEG": encoded(image.rotate(12), "JPEG"),
        f"{SICK}/no ending": encoded(image.rotate(13), "JPEG"),
        f"{SICK}/png.jpeg": encoded(image.rotate(14), "PNG"),
        f"{SICK}/ward 3/deep.jpeg": encoded(image.rotate(15), "JPEG"),
        f"{SICK}/folder.jpeg/inside.jpeg": encoded(image.rotate(16), "JPEG"),
        f"{SICK}/vanishes.jpeg": encoded(image.rotate(17), "JPEG"),
        f"{SICK}/.DS_Store": b"x",
        f"{SICK}/Thumbs.db": b"x",
        "__MACOSX/train/NORMAL/._a.jpeg": b"x",
        "train/stray.jpeg": film,
        "train/COVID/other.jpeg": film,
        "notes/readme.txt": b"x",
    }
    write(root, files)
    (root / "val/PNEUMONIA").mkdir(parents=True)
    (root / NORMAL / "link.jpeg").symlink_to(root / good[1][0])
    (root / NORMAL / "loop").symlink_to(root / "train")
    (root / NORMAL / "dead link.jpeg").symlink_to(root / "nowhere.jpeg")
    (root / NORMAL / "link to itself.jpeg").symlink_to("link to itself.jpeg")
    os.mkfifo(root / NORMAL / "pipe.jpeg")
    (root / NORMAL / os.fsdecode(b"latin1 \xe9.jpeg")).write_bytes(film)
    (root / NORMAL / "locked.jpeg").write_bytes(film)
    (root / NORMAL / "locked.jpeg").chmod(0)
    return root


def dicom_without_pixels() -> bytes:
    """A DICOM file of a report: whole, but no image."""
    data = pydicom.Dataset()
    data.PatientID, data.Modality = "12", "SR"
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()
