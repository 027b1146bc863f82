"""Damaged, misleading and malicious files, derived from synthetic films by a fuzzer with a fixed seed.

files = list(hostile_files(500))     the same bytes in every run
"""

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from cxr_core.datasets.demo import sample_films

SCRIPT = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
NAMES = [
    "../../../../etc/passwd",
    "..\\..\\windows\\system32\\film.jpg",
    "<script>window.hacked=1</script>.jpg",
    "<img src=x onerror=window.hacked=1>.png",
    '"><svg onload=window.hacked=1>.dcm',
    "![picture](http://127.0.0.1:9/x.png).jpg",
    "[link](javascript:window.hacked=1).jpg",
    "www.example.com.jpg",
    "=cmd|' /C calc'!A0.jpg",
    ":material/skull: :red[film] $x^2$ `code`.jpg",
    "film\u202egpj.exe",
    "film\x00\x1b[2J\r\n.jpg",
    "x" * 400 + ".jpg",
    "фильм 胸部 🫁.jpg",
    ".jpg",
]
Source = dict[str, bytes]
Maker = Callable[[np.random.Generator, Source], tuple[str, bytes]]


def real_files() -> Source:
    """Valid files by format, from a demo film: JPEG, PNG of 8 and 16 bits, TIFF and DICOM."""
    film = sample_films()[0].read_bytes()
    image = Image.open(io.BytesIO(film)).convert("L")
    deep = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    return {
        "jpg": film,
        "png": _saved(image, "PNG"),
        "16.png": _saved(deep, "PNG"),
        "tif": _saved(image, "TIFF"),
        "lzw.tif": _saved(image, "TIFF", compression="tiff_lzw"),
        "dcm": dicom(np.asarray(image)),
    }


def dicom(pixels: np.ndarray, **changes: object) -> bytes:
    """A small DICOM of `uint8 (H, W)` pixels with a patient's name and number; `changes` are further elements."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    film = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    film.SOPClassUID, film.SOPInstanceUID = SecondaryCaptureImageStorage, UID("1.2.3.4")
    film.PatientName, film.PatientID, film.Modality = "Roe^Jane", "MRN-4711", "DX"
    film.Rows, film.Columns = pixels.shape
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated = film.BitsStored = 8
    film.HighBit, film.PixelRepresentation = 7, 0
    film.PixelData = pixels.tobytes()
    for name, value in changes.items():
        setattr(film, name, value)
    buffer = io.BytesIO()
    film.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def hostile_files(number: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """`number` names with their bytes, one kind after the other."""
    source = real_files()
    return islice(_endless(np.random.default_rng(seed), source), number)


def _endless(rng: np.random.Generator, source: Source) -> Iterator[tuple[str, bytes]]:
    while True:
        for make in MAKERS:
            yield make(rng, source)


def _pick(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    kind = list(source)[rng.integers(len(source))]
    return kind, source[kind]


def cut(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Truncated at a random byte."""
    kind, data = _pick(rng, source)
    return f"cut.{kind}", data[: rng.integers(len(data))]


def flipped(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Some bits flipped."""
    kind, data = _pick(rng, source)
    changed = bytearray(data)
    for place in rng.integers(len(data), size=rng.integers(1, 60)):
        changed[place] ^= 1 << rng.integers(8)
    return f"flipped.{kind}", bytes(changed)


def flipped_header(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Some of the first bytes replaced, where sizes and offsets are."""
    kind, data = _pick(rng, source)
    changed = bytearray(data)
    for place in rng.integers(min(len(data), 400), size=rng.integers(1, 12)):
        changed[place] = rng.integers(256)
    return f"header.{kind}", bytes(changed)


def misnamed(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A valid film under another format's extension."""
    _, data = _pick(rng, source)
    return f"misnamed.{list(source)[rng.integers(len(source))]}", data


def noise(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A format's first bytes and noise."""
    kind, data = _pick(rng, source)
    return f"noise.{kind}", data[:140] + rng.bytes(int(rng.integers(1, 20_000)))


def huge(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """60,000 x 60,000 pixels in the header, with few data."""
    side = 60_000
    if rng.random() < 0.5:
        header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        chunk = b"IHDR" + header
        png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
        return "huge.png", png + source["png"][33:]
    if rng.random() < 0.5:
        return "huge.dcm", dicom(np.zeros((16, 16), np.uint8), Rows=side, Columns=side)
    jpeg = bytearray(source["jpg"])
    frame = jpeg.find(b"\xff\xc0") if b"\xff\xc0" in jpeg else jpeg.find(b"\xff\xc2")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    return "huge.jpg", bytes(jpeg)


def png_bomb(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A black image just below the limit of pixels, or far above it, in a few kilobytes."""
    side = 9_000 if rng.random() < 0.2 else 30_000
    rows = zlib.compressobj()
    packed = b"".join(rows.compress(bytes(side + 1)) for _ in range(min(side, 9_000))) + rows.flush()
    png = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", packed),
        (b"IEND", b""),
    ):
        png += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return "black.png", png


def zip_bomb(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Zeros, compressed a thousandfold; some declare a wrong size."""
    data = bytearray(zipped({"film.jpg": bytes(20_000_000)}))
    if rng.random() < 0.5:
        entry = data.rfind(b"PK\x01\x02")
        size = 4_294_967_294 if rng.random() < 0.5 else 100
        data[entry + 24 : entry + 28] = struct.pack("<I", size)
    return "bomb.zip", bytes(data)


def nested_zip(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A zip in a zip in a zip."""
    inner = zipped({"film.jpg": source["jpg"]})
    return "nested.zip", zipped({"inner.zip": zipped({"more.zip": inner}), "film.jpg": source["jpg"]})


def odd_zip(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Names that lead out of the folder or hold markup, or a zip that is cut or changed."""
    data = zipped(dict.fromkeys(rng.choice(NAMES[:11], 3, replace=False), source["jpg"]))
    if rng.random() < 0.5:
        changed = bytearray(data)
        for place in rng.integers(len(data), size=8):
            changed[place] ^= 0xFF
        data = bytes(changed)
    return "odd.zip", data if rng.random() < 0.7 else data[: rng.integers(len(data))]


def svg(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """An SVG with a script."""
    return (
        "film.svg",
        f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x()">{SCRIPT}</svg>'.encode(),
    )


def html(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """An HTML page with a script."""
    return "film.html.jpg", f"<!doctype html><html><body>{SCRIPT}</body></html>".encode()


class _Trap:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (exec, ("raise SystemExit('a pickle was loaded')",))


def pickled(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A pickle that runs code when it is loaded."""
    return "film.pkl.dcm", pickle.dumps(_Trap())


def polyglot(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """Valid in two formats."""
    page, film = SCRIPT.encode(), source["jpg"]
    comment = b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page
    options = [
        film[:2] + comment + film[2:],
        film + zipped({"a.html": page}),
        b"II*\x00" + source["dcm"][4:],
        b"MM\x00*" + source["dcm"][4:128] + source["dcm"][128:],
        source["png"] + page,
        b"GIF89a" + film,
        b"%PDF-1.4\n" + film,
    ]
    return "both.jpg", options[rng.integers(len(options))]


def odd_name(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A valid film, or no image at all, under a malicious name."""
    name = NAMES[rng.integers(len(NAMES))]
    return name, source["jpg"] if rng.random() < 0.6 else b"nothing"


def odd_dicom(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """A header that contradicts itself or holds markup."""
    pixels = np.asarray(Image.open(io.BytesIO(source["png"])))
    options: list[dict[str, object]] = [
        {"Manufacturer": SCRIPT, "BodyPartExamined": "<B>CHEST</B>"},
        {"BitsAllocated": 16},
        {"BitsStored": 1, "HighBit": 15},
        {"SamplesPerPixel": 3},
        {"NumberOfFrames": 4000},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"WindowWidth": "0", "WindowCenter": "nan"},
        {"RescaleSlope": "1e300", "RescaleIntercept": "-1e300"},
        {"PixelData": b""},
        {"Rows": 1},
    ]
    return "odd.dcm", dicom(pixels, **options[rng.integers(len(options))])


def nothing(rng: np.random.Generator, source: Source) -> tuple[str, bytes]:
    """No byte, one byte, or a black image."""
    options = [
        b"",
        b"x",
        b"\xff\xd8\xff",
        _saved(Image.new("L", (400, 300)), "PNG"),
        _saved(Image.new("1", (1, 1)), "PNG"),
    ]
    return "nothing.jpg", options[rng.integers(len(options))]


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _saved(image: Image.Image, kind: str, **how: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


MAKERS: list[Maker] = [
    *(cut, flipped, flipped_header, misnamed, noise, huge, png_bomb, zip_bomb, nested_zip, odd_zip, svg, html, pickled),
    *(polyglot, odd_name, odd_dicom, nothing, cut, flipped, flipped_header),
]
