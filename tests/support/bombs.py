"""Files that cost far more than their size, or whose reading never ends: what `cxr_core.limits` is for.

for name, arguments in written(folder): run_verb(*arguments, ...)      each of them must be refused
"""

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pydicom.uid import DeflatedExplicitVRLittleEndian

from cxr_core.models.registry import find_model
from cxr_core.training.recipes import configure
from cxr_core.training.runs import create_run
from tests.support.files.dicom_files import dataset, saved

CORRUPT_ARCHIVES = 19
_ZEROS = bytes(10_000_000)


def deflated_dicom(size: int) -> bytes:
    """A deflated DICOM file whose data set inflates to `size` bytes and more, a thousandth of it packed."""
    data = saved(dataset(syntax=DeflatedExplicitVRLittleEndian))
    start = 144 + int.from_bytes(data[140:144], "little")
    plain = zlib.decompress(data[start:], -zlib.MAX_WBITS)
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # Before the film's own elements, so that a reader that stops at the pixels goes through it: a comment of zeros.
    header = b"\x08\x00\x05\x00UT\x00\x00" + size.to_bytes(4, "little")
    packed = packer.compress(header) + b"".join(packer.compress(_ZEROS) for _ in range(size // len(_ZEROS)))
    return data[:start] + packed + packer.compress(plain) + packer.flush()


def many_small_entries(file: Path, entries: int = 2_000) -> Path:
    """A zip of entries just small enough that each alone would pass."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(entries):
            archive.writestr(f"train/NORMAL/{number}.jpeg", bytes(950_000))
    return file


def deep_entry(file: Path, depth: int = 1_500) -> Path:
    """A zip with one film in `depth` folders."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("d/" * depth + "film.jpeg", b"x")
    return file


def network_bomb(file: Path, size: int) -> Path:
    """A `.keras` file whose weights unpack to `size` bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with zipfile.ZipFile(find_model().weights) as real:
            for name in ("metadata.json", "config.json"):
                archive.writestr(name, real.read(name))
        with archive.open("model.weights.h5", "w", force_zip64=True) as entry:
            for _ in range(size // len(_ZEROS)):
                entry.write(_ZEROS)
    return file


def wide_scores(file: Path, columns: int = 200_000) -> Path:
    """A CSV of scores with that many columns and one row."""
    header = ["file", "label", "score", *(f"c{number}" for number in range(columns - 3))]
    file.write_text(",".join(header) + "\n" + ",".join(["a.jpeg", "1", "0.5", *["0"] * (columns - 3)]) + "\n")
    return file


def corrupt_archives(folder: Path) -> list[Path]:
    """Damaged `.npz` and `.zip` files of each compression method, CORRUPT_ARCHIVES in all; the same in every run."""
    buffer = io.BytesIO()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 28, 28), np.uint8)
    np.savez_compressed(buffer, train_images=images, train_labels=np.arange(6).reshape(-1, 1) % 2)
    whole = buffer.getvalue()
    made: dict[str, bytes] = {}
    for number, (at, change) in enumerate([(30, 8), (70, 40), (200, 30), (900, 300), (len(whole) - 150, 60)]):
        made[f"changed-{number}.npz"] = whole[:at] + rng.bytes(change) + whole[at + change :]
    made["cut.npz"], made["empty.npz"] = whole[: len(whole) // 2], b""
    made["text.npz"] = b"PK\x03\x04" + b"no archive"
    for name, content in {
        "no array": b"nothing",
        "cut header": b"\x93NUMPY\x01\x00v\x00{'descr'",
        "version": b"\x93NUMPY\x09\x00v\x00" + bytes(200),
        "brackets": b"\x93NUMPY\x01\x00\x10\x00" + b"{'descr': ((((((",
        "huge": b"\x93NUMPY\x01\x00v\x00"
        + f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({2**40}, 28, 28)}}".encode().ljust(118),
    }.items():
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("train_images.npy", content)
            archive.writestr("train_labels.npy", content)
        made[f"{name}.npz"] = packed.getvalue()
    for name, method in (("deflate", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("train/NORMAL/a.jpeg", rng.bytes(20_000))
        data = packed.getvalue()
        made[f"{name}-middle.zip"] = data[:300] + rng.bytes(40) + data[340:]
        made[f"{name}-start.zip"] = data[:49] + b"\xff" * 12 + data[61:]
    for name, content in made.items():
        (folder / name).write_bytes(content)
    assert len(made) == CORRUPT_ARCHIVES
    return [folder / name for name in made]


def written(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each file written below `folder`, with what to call it and the arguments of a verb that has to refuse it."""
    folder.mkdir(parents=True, exist_ok=True)
    films = folder / "deflated" / "NORMAL"
    films.mkdir(parents=True)
    (films / "film.dcm").write_bytes(deflated_dicom(2_900_000_000))
    yield "2.9 GB in a deflated DICOM film", ["index", str(folder / "deflated")]
    yield "2,000 entries of 0.95 MB", ["index", str(many_small_entries(folder / "small.zip"))]
    yield "a film in 1,500 folders", ["index", str(deep_entry(folder / "deep.zip"))]
    yield (
        "200,000 columns",
        ["evaluate", "--split", "all", "--out", str(folder / "o"), str(wide_scores(folder / "w.csv"))],
    )
    os.mkfifo(folder / "pipe.csv")
    yield "a pipe as data set", ["index", str(folder / "pipe.csv")]
    for archive in corrupt_archives(folder):
        yield f"damaged: {archive.name}", ["index", str(archive)]
    run = create_run(folder, "residual-128", configure("residual-128", {}), folder=folder / "run")
    run.update(status="finished")
    (run.folder / "validation.csv").touch()
    network_bomb(run.folder / "best.keras", 3_000_000_000)
    yield "3 GB of weights in a .keras", ["publish", str(run.folder), "--name", "bomb"]
