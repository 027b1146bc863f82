"""The demo set: chest films that are nobody's, so that every page works with no data and no network.

The films in `demo_films/` were drawn by `tools/draw_demo_films.py` from a statistical model of the training films of
Kermany et al. 2018 (CC BY 4.0); every one says so in its JPEG comment, its EXIF and in its lower left corner. A few
files carry the faults that real data sets have. `manifest.csv` lists every file and its fault; files that name no
seed are not shipped but made here, of good films, so that the repository holds JPEGs that open and nothing else.
"""

import csv
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from cxr_core.errors import DataSetError
from cxr_core.labels import NORMAL, PNEUMONIA

MARK = (
    "Synthetic chest film drawn by CXR Workbench; nobody's; not for diagnosis. "
    "Model of the films of Kermany et al. 2018, CC BY 4.0."
)
SHIPPED = Path(__file__).resolve().parent / "demo_films"
MANIFEST = "manifest.csv"
_SAMPLES_A_CLASS = 3
_TEXT = b"This is a note that somebody saved under a film's name.\n"


@dataclass(frozen=True)
class ManifestRow:
    """One file of the demo set.

    `path` is POSIX, below the set's root; `patient` is kind and number as in the file name; `fault` is "" or one of
    duplicate, truncated, empty, text, two_splits, colour, inverted, tiny; `source` is the film that a fault made on
    writing is made of; `seed` and `sha256` are those of a shipped film, "" for one made on writing.
    """

    path: str
    label: str
    kind: str
    patient: str
    fault: str
    source: str
    seed: str
    sha256: str

    @property
    def shipped(self) -> bool:
        return bool(self.seed)

    def values(self) -> tuple[str, ...]:
        """In the order of the manifest's columns."""
        return astuple(self)


def read_manifest() -> list[ManifestRow]:
    """Every file of the demo set, by path."""
    with (SHIPPED / MANIFEST).open(newline="", encoding="utf-8") as file:
        return [ManifestRow(**row) for row in csv.DictReader(file)]


def sample_films() -> list[Path]:
    """Six shipped films without fault, three normal and three pneumonia, from the test split: no fit has seen them."""
    samples: list[Path] = []
    for label in (NORMAL, PNEUMONIA):
        rows = [row for row in read_manifest() if row.path.startswith(f"test/{label}/") and not row.fault]
        by_patient = list({row.patient: row for row in rows}.values())
        step = len(by_patient) // _SAMPLES_A_CLASS  # spread, so that bacterial and viral films are both there
        samples += [SHIPPED / row.path for row in by_patient[::step][:_SAMPLES_A_CLASS]]
    return samples


def write_demo_set(folder: Path) -> Path:
    """Writes the demo set to `folder` (train/, val/, test/ and manifest.csv directly below) and returns `folder`.

    The same bytes every time. A folder that already holds the demo set, whole or in part, is completed. Raises
    `DataSetError` where `folder` holds anything else, is not a folder or cannot be written.
    """
    folder = Path(folder).expanduser()
    files = dict(_demo_files())
    try:
        _refuse_other_content(folder, files)
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.stat().st_size != len(data):
                target.write_bytes(data)
    except OSError as error:
        reason = error.strerror or error
        raise DataSetError(f"{folder} cannot take the demo set ({reason}); name a new or empty folder") from error
    return folder


def is_synthetic(data: bytes) -> bool:
    """Whether `data` is a JPEG whose metadata (comment or EXIF) bears our mark, as every drawn film does."""
    if not data.startswith(b"\xff\xd8"):
        return False
    mark, position = MARK.encode(), 2
    while data[position : position + 1] == b"\xff" and len(data) >= position + 4:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xDA or length < 2:  # the picture begins: no metadata beyond
            return False
        if marker in (0xFE, 0xE1) and mark in data[position + 4 : position + 2 + length]:
            return True
        position += 2 + length
    return False


def _demo_files() -> Iterator[tuple[str, bytes]]:
    """Path below the root and bytes of every file of the set."""
    yield MANIFEST, (SHIPPED / MANIFEST).read_bytes()
    for row in read_manifest():
        yield row.path, (SHIPPED / row.path).read_bytes() if row.shipped else _make_fault(row)


def _make_fault(row: ManifestRow) -> bytes:
    if row.fault == "empty":
        return b""
    if row.fault == "text":
        return _TEXT
    film = (SHIPPED / row.source).read_bytes()
    return film[: len(film) * 2 // 5] if row.fault == "truncated" else film


def _refuse_other_content(folder: Path, files: dict[str, bytes]) -> None:
    """Raises `DataSetError` at the first file under `folder` that is not the demo set's; hidden files do not count."""
    if folder.exists() and not folder.is_dir():
        raise DataSetError(f"{folder} is a file; the demo set needs a new or empty folder")
    for path in folder.rglob("*"):
        if path.name.startswith(".") or path.is_dir():
            continue
        expected = files.get(path.relative_to(folder).as_posix())
        # A run cut short leaves a file's beginning: that is still ours.
        if expected is None or not expected.startswith(path.read_bytes()):
            raise DataSetError(
                f"{folder} already holds {path.relative_to(folder)}, which is not the demo set's; "
                "name a new or empty folder"
            )
