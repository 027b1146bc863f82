"""Unpacks archives to folders under `CXR_HOME`: a `.zip` of films, or a MedMNIST `.npz`.

An archive is untrusted: its file names may lead out of the folder, it may unpack to more than the disk holds, it may be
truncated. Every entry is checked before it is written, and the bytes are counted as they are read, because the declared
size may be wrong.
"""

import errno
import hashlib
import math
import shutil
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from cxr_core.datasets.zip_entries import entry_paths, unsupported_method
from cxr_core.errors import CXRError, DataSetError, UnusableFile, reason_of
from cxr_core.files import locked
from cxr_core.labels import CLASSES, SPLITS
from cxr_core.limits import DAMAGED, DATA_SET, FILM_PIXELS, check_entry_path, check_regular, open_zip
from cxr_core.paths import home
from cxr_core.progress import Progress
from cxr_core.quotas import note_owner, room_for

ARCHIVE_SUFFIXES = (".zip", ".npz")
_VERSION = 2  # raise it when archives are unpacked differently
MAX_RATIO = 200  # of unpacked to packed bytes; films reach little more than 1, text about 20, a zip bomb 1,000
_ANY_RATIO_BYTES = 1_000_000  # an entry up to this size may have any ratio: a blank film compresses well
_RESERVED_BYTES = 500_000_000  # of the disk, never filled
_CHUNK_BYTES = 1 << 20
UNPACK_SECONDS = 3600.0  # to wait for another process that unpacks the same archive


def unpack(archive: Path, progress: Progress | None = None) -> Path:
    """The folder that holds the archive's films; an archive is unpacked only the first time.

    progress: counts bytes of a `.zip`, films of a `.npz`. Raises DataSetError if the file is not an archive, is damaged
    or encrypted, has file names that lead out of the folder, or needs more space than the disk has, WorkError if a
    quota is full.
    """
    archive = Path(archive).expanduser()
    try:
        status = check_regular(archive)
    except UnusableFile as error:
        raise DataSetError(error.problem, thing=archive, accepted="accepted are .zip and .npz files") from error
    identity = f"{_VERSION} {archive.resolve()} {status.st_size} {status.st_mtime_ns}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:12]
    folder = home() / "data" / f"{archive.stem}-{key}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder, UNPACK_SECONDS):
        return folder if folder.exists() else _unpack(archive, folder, progress)


def _unpack(archive: Path, folder: Path, progress: Progress | None) -> Path:
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        if archive.suffix.lower() == ".npz":
            _unpack_arrays(archive, part, progress)
        else:
            _unpack_zip(archive, part, progress)
        part.replace(folder)
        note_owner(folder)
    except UnusableFile as error:
        raise DataSetError(
            error.problem, thing=archive.name, accepted="download it again, or unpack it yourself"
        ) from error
    except CXRError:
        raise
    except DAMAGED as error:
        raise _damaged(archive) from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise DataSetError(
                f"has names that are too long for {home()}",
                thing=archive.name,
                accepted="unpack it yourself with shorter names and open the folder",
            ) from error
        if error.errno is None:  # bz2 raises it for damaged bytes
            raise _damaged(archive) from error
        problem = f"cannot be unpacked ({reason_of(error)})"
        raise DataSetError(problem, thing=archive.name, accepted="free some space") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def check_space(needed: int, what: str) -> None:
    """Raises DataSetError unless the disk of `CXR_HOME` has `needed` bytes free, and a reserve besides.

    what: the file or data set that needs the space, for the message.
    """
    free = shutil.disk_usage(home()).free
    if needed + _RESERVED_BYTES > free:
        raise DataSetError(
            f"needs {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free at {home()}",
            thing=what,
            accepted="free some space, or move CXR_HOME to a larger disk",
        )


def _unpack_zip(archive: Path, folder: Path, progress: Progress | None) -> None:
    with open_zip(archive, DATA_SET) as packed:
        entries = packed.infolist()
        files = [
            (path, entry)
            for path, entry in zip(entry_paths(entries), entries, strict=True)
            if path[-1:] not in ("", "/")
        ]
        for path, entry in files:
            _check_entry(archive.name, path, entry)
        visible = [(path, entry) for path, entry in files if not _is_hidden(path)]
        total = sum(entry.file_size for _, entry in visible)
        check_space(total, archive.name)
        with room_for("archives", total, archive.name):
            _write_entries(packed, visible, folder, archive.name, progress)


def _write_entries(
    packed: zipfile.ZipFile,
    entries: list[tuple[str, zipfile.ZipInfo]],
    folder: Path,
    archive: str,
    progress: Progress | None,
) -> None:
    done, total = 0, sum(entry.file_size for _, entry in entries)
    for path, entry in entries:
        target = folder / PurePosixPath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with packed.open(entry) as source, target.open("wb") as copy:
            while chunk := source.read(_CHUNK_BYTES):
                done += len(chunk)
                if done > total:
                    raise DataSetError("holds more bytes than it declares, and is not unpacked", thing=archive)
                copy.write(chunk)
        if progress:
            progress(done, total)


def _check_entry(archive: str, name: str, entry: zipfile.ZipInfo) -> None:
    check_entry_path(name)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
        raise DataSetError(f"the name {name!r} leads out of its folder, so nothing was unpacked", thing=archive)
    if entry.external_attr >> 28 == 0xA:
        raise DataSetError(
            f"{name!r} is a link", thing=archive, accepted="only files are accepted, nothing was unpacked"
        )
    if entry.flag_bits & 1:
        raise DataSetError("is encrypted", thing=archive, accepted="unpack it yourself and open the folder")
    if method := unsupported_method(entry):
        raise DataSetError(
            f"{name!r} is compressed with {method}, which is not supported",
            thing=archive,
            accepted="unpack it yourself and open the folder",
        )
    if entry.file_size > max(_ANY_RATIO_BYTES, MAX_RATIO * entry.compress_size):
        raise DataSetError(
            f"{name!r} would unpack to {entry.file_size:,} bytes from {entry.compress_size:,}, which is too "
            "much for a film, so nothing was unpacked",
            thing=archive,
        )


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _unpack_arrays(archive: Path, folder: Path, progress: Progress | None) -> None:
    """Writes the films of a MedMNIST file as PNGs in the Kaggle layout.

    Its arrays are `SPLIT_images`, `uint8 (N, H, W)`, and `SPLIT_labels`, integers `(N, 1)`, 1 for pneumonia.
    """
    shapes = _array_shapes(archive)
    splits = [split for split in SPLITS if f"{split}_images" in shapes]
    if not splits or any(f"{split}_labels" not in shapes for split in splits):
        names = ", ".join(shapes) or "nothing"
        raise DataSetError(
            f"holds {names}", thing=archive.name, accepted="accepted are train_images, train_labels and so on"
        )
    for split in splits:
        if len(shape := shapes[f"{split}_images"]) != 3 or math.prod(shape[1:]) > FILM_PIXELS:
            raise DataSetError(f"{split}_images is {shape}", thing=archive.name, accepted="accepted is uint8 (N, H, W)")
    total = sum(shapes[f"{split}_images"][0] for split in splits)
    if total > DATA_SET.entries:
        raise DataSetError(
            f"{total:,} films", thing=archive.name, accepted=f"accepted are {DATA_SET.entries:,} at most"
        )
    pixels = sum(math.prod(shapes[f"{split}_images"]) for split in splits)
    done = 0
    with room_for("archives", pixels, archive.name), np.load(archive, allow_pickle=False) as arrays:
        for split in splits:
            images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"].ravel()
            if images.dtype != np.uint8 or images.ndim != 3 or len(images) != len(labels):
                raise DataSetError(
                    f"{split}_images is {images.dtype} {images.shape} with {len(labels)} labels",
                    thing=archive.name,
                    accepted="accepted is uint8 (N, H, W) with N labels",
                )
            if not set(np.unique(labels)) <= {0, 1}:
                raise DataSetError(
                    f"{split}_labels has values other than 0 and 1",
                    thing=archive.name,
                    accepted="accepted are these two",
                )
            for label in CLASSES:
                (folder / split / label).mkdir(parents=True, exist_ok=True)
            for i, (image, label) in enumerate(zip(images, labels, strict=True)):
                Image.fromarray(image).save(folder / split / CLASSES[int(label)] / f"{split}-{i:05}.png")
                done += 1
                if progress and (done % 100 == 0 or done == total):
                    progress(done, total)


def _array_shapes(archive: Path) -> dict[str, tuple[int, ...]]:
    """The shape of each array by its name, from the headers alone: nothing is unpacked before the size is checked.

    Raises DataSetError for an array of Python objects, or if the disk has too little space.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    with open_zip(archive, DATA_SET) as packed:
        for entry in packed.infolist():
            if not entry.filename.endswith(".npy"):
                continue
            with packed.open(entry) as source:
                version = np.lib.format.read_magic(source)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(source)
            if dtype.hasobject:
                raise DataSetError(f"{entry.filename} holds Python objects, which are not accepted", thing=archive.name)
            if math.prod(shape) * dtype.itemsize > entry.file_size:
                raise DataSetError(f"{entry.filename} is shorter than its shape {shape}", thing=archive.name)
            shapes[entry.filename.removesuffix(".npy")] = shape
        check_space(2 * sum(entry.file_size for entry in packed.infolist()), archive.name)
    return shapes


def _damaged(archive: Path) -> DataSetError:
    return DataSetError("a damaged or incomplete archive", thing=archive.name, accepted="download it again")
