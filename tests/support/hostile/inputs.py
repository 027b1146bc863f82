"""Damaged and hostile files, archives, tables, model folders and homes, the same in every run; how reading them went.

python -m tests.support.hostile.inputs KIND FOLDER [HOME]      one JSON document: outcomes, the peak of memory in bytes

An outcome is "read", or the type of the error that names the problem; of a home see `homes.py`. Anything else ends the
process. HOME: for homes, a sound one to damage copies of.
"""

import io
import json
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from cxr_core.datasets.demo import sample_films
from cxr_core.errors import CXRError

Change = Callable[[bytes, np.random.Generator], bytes]


def _overwritten(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(len(data)))
    return data[:at] + rng.bytes(40) + data[at + 40 :]


CHANGES: dict[str, Change] = {
    "cut": lambda data, rng: data[: int(rng.integers(1, len(data)))],
    "empty": lambda data, rng: b"",
    "zeroed": lambda data, rng: bytes(len(data)),
    "noise": lambda data, rng: rng.bytes(len(data)),
    "one bit": lambda data, rng: bytes([data[0] ^ 1]) + data[1:],
    "overwritten": _overwritten,
    "the end overwritten": lambda data, rng: data[:-60] + rng.bytes(60),
    "twice": lambda data, rng: data + data,
    "shifted": lambda data, rng: rng.bytes(3) + data,
    "a page": lambda data, rng: b"<!doctype html><title>Sign in</title>" * 50,
    "reversed": lambda data, rng: data[::-1],
    "mixed": lambda data, rng: b"".join(
        data[i : i + 64] for i in 64 * rng.permutation(len(data) // 64) for i in [int(i)]
    ),
}
HOSTILE_ENTRIES = ["../../x.jpeg", "/etc/x.jpeg", "C:\\x.jpeg", "a\0b.jpeg", "d/" * 200 + "x.jpeg", "=1+1.jpeg", ""]
CELLS = [
    "",
    "=1+1",
    "NaN",
    "inf",
    "-1e400",
    "NORMAL,PNEUMONIA",
    '"',
    "\0",
    "../../etc/passwd",
    "x" * 100_000,
    "胸",
    "7",
]


def archives(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Zips of films: damaged in each way, and with each hostile name."""
    film = sample_films()[0].read_bytes()
    whole = _zip({f"train/{label}/{n}.jpeg": film for label in ("NORMAL", "PNEUMONIA") for n in range(2)})
    for turn in range(4):
        for name, change in CHANGES.items():
            yield f"{name} {turn}.zip", change(whole, rng)
    for number, entry in enumerate(HOSTILE_ENTRIES * 2):
        yield f"entry {number}.zip", _zip({f"train/NORMAL/{number}.jpeg": film, entry: film})


def tables(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """Tables of scores: damaged in each way, and with hostile cells in each column."""
    rows = ["file,label,score,patient", *(f"{n}.jpeg,{n % 2},{n / 40:.3f},p{n}" for n in range(40))]
    whole = "\n".join(rows).encode()
    for turn in range(2):
        for name, change in CHANGES.items():
            yield f"{name} {turn}.csv", change(whole, rng)
    for column in range(4):
        for number, cell in enumerate(CELLS):
            values = rows[7].split(",")
            values[column] = cell
            yield f"cell {column} {number}.csv", "\n".join([*rows[:7], ",".join(values), *rows[8:]]).encode()


def model_folders(folder: Path, rng: np.random.Generator) -> Iterator[str]:
    """Copies of the released model under `folder`, one file of each damaged; yields their names."""
    from cxr_core.models.registry import find_model

    released = find_model().folder
    files = ["card.json", "model.tflite", "model.keras", "card.json"]
    for turn, damaged in enumerate(files):
        for number, change in enumerate(CHANGES.values()):
            copy = folder / f"model-{turn}-{number}"
            copy.mkdir(parents=True)
            for name in ("card.json", "model.tflite", "model.keras"):
                (copy / name).symlink_to(released / name)
            content = (copy / damaged).read_bytes()
            (copy / damaged).unlink()
            (copy / damaged).write_bytes(change(content, rng))
            yield copy.name
            shutil.rmtree(copy)


def outcome(action: Callable[[], object]) -> str:
    """How an action went: "read", or the name of the error that names the problem."""
    try:
        action()
    except CXRError as error:
        return type(error).__name__ if "\n" not in str(error) else f"several lines: {error}"
    return "read"


def read_all(kind: str, folder: Path, home: Path | None = None) -> dict[str, str]:
    """The outcome of each input of a kind, by its name. home: see the top of this file."""
    rng = np.random.default_rng(20)
    outcomes: dict[str, str] = {}
    if kind == "files":
        from cxr_core.imaging.decode import decode_film
        from tests.support.files.hostile_files import hostile_files

        for number, (name, data) in enumerate(hostile_files(500)):
            outcomes[f"{number} {name}"] = outcome(lambda data=data, name=name: decode_film(data, name))
    elif kind == "homes" and home is not None:
        from tests.support.hostile.homes import damaged_homes, outcome_of_home

        for part, way, damaged in damaged_homes(home, folder):
            outcomes[f"{part} {way}"] = outcome_of_home(part, way, damaged)
    elif kind == "models":
        from cxr_core.imaging.decode import read_film
        from cxr_core.inference.predictor import Predictor
        from cxr_core.models.registry import damaged_models, find_model
        from cxr_core.paths import published_models_folder

        film = read_film(sample_films()[0])
        for name in model_folders(published_models_folder(), rng):
            damaged_models()
            outcomes[name] = outcome(lambda name=name: Predictor(find_model(name)).predict_film(film))
    else:
        from cxr_core.datasets.index import build_index
        from cxr_core.evaluation.run import evaluate_csv

        for name, data in {"archives": archives, "tables": tables}[kind](rng):
            file = folder / name
            file.write_bytes(data)
            outcomes[name] = outcome(lambda file=file: build_index(file))
            if kind == "tables":
                outcomes[f"scores {name}"] = outcome(lambda file=file: evaluate_csv(file, "other", "all"))
    return outcomes


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


if __name__ == "__main__":
    import resource

    Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
    found = read_all(sys.argv[1], Path(sys.argv[2]), *map(Path, sys.argv[3:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"outcomes": found, "peak": peak}))
