"""Many films at once: find the files, read them with a model, write the readings as a table."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2

from cxr_core.errors import InputError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.decode_ahead import decoded_ahead
from cxr_core.imaging.film import Film
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.predictor import BATCH, Predictor
from cxr_core.inference.reading import Reading
from cxr_core.limits import walk_files
from cxr_core.models.registry import find_model
from cxr_core.progress import Progress

SUFFIXES = {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom", ""}
HEATMAP_OPACITY = 0.6


def find_films(paths: list[str]) -> list[Path]:
    """The films among `paths`, in order and without repetition. Each path is a file, a folder or a glob.

    A folder is searched with its subfolders for files with one of SUFFIXES. Raises InputError for a path without files.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            files = [file for file in walk_files(path) if _looks_like_a_film(file)]
        elif path.exists():
            files = [path]
        else:
            files = sorted(match for match in _glob(name) if match.is_file())
        if not files:
            what = "holds no films" if path.is_dir() else "no such file"
            raise InputError(f"{name}: {what}; a file, a folder with films or a glob is accepted.")
        found |= dict.fromkeys(files)
    return list(found)


def read_files(
    files: list[Path],
    model: str | None = None,
    heatmaps: Path | None = None,
    progress: Progress | None = None,
    on_reading: Callable[[Path, Reading], None] | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read files with a model (the released one by default).

    Returns the readings as the JSON documents of `predict --json`, in order, and one message for each file that cannot
    be read. With `heatmaps`, an overlay of each film is written into that folder as a PNG. `progress(done, total)`
    counts files; `on_reading` is called with each reading. The model is loaded only if there is a film to read. Raises
    CXRError if the model cannot be used.
    """
    overlays: dict[Path, Path] = {}
    if heatmaps:
        heatmaps.mkdir(parents=True, exist_ok=True)
        overlays = _overlay_files(files, heatmaps)
    predictor: Predictor | None = None
    results: list[dict[str, Any]] = []
    unreadable: list[str] = []
    done = 0
    for batch in decoded_ahead((files[i : i + BATCH] for i in range(0, len(files), BATCH)), _decoded):
        readable = [(file, film) for file, film in batch if isinstance(film, Film)]
        unreadable += [str(film) for _, film in batch if isinstance(film, UnreadableFilm)]
        predictor = predictor or (Predictor(find_model(model)) if readable else None)
        if predictor:
            readings = predictor.read_many(film for _, film in readable)
            for (file, film), reading in zip(readable, readings, strict=True):
                result = reading.to_dict() | {"file": str(file)}
                if reading.heatmap is not None and file in overlays:
                    result["heatmap"] = str(overlays[file])
                    picture = overlay(film.pixels, reading.heatmap, HEATMAP_OPACITY)
                    cv2.imwrite(result["heatmap"], picture[..., ::-1])
                results.append(result)
                if on_reading:
                    on_reading(file, reading)
        done += len(batch)
        if progress:
            progress(done, len(files))
    return results, unreadable


def write_csv(results: list[dict[str, Any]], file: Path) -> None:
    """Write readings, as `read_files` returns them, as a CSV with a row per film."""
    names = [
        "file",
        "sha256",
        "verdict",
        "probability",
        "threshold",
        "reasons",
        "heatmap",
        "model",
        "version",
        "seconds",
    ]
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        for result in results:
            flat = {"reasons": " ".join(result["reasons"]), "model": result["model"]["name"]}
            writer.writerow(result | flat | {"version": result["model"]["version"]})


def _decoded(file: Path) -> tuple[Path, Film | UnreadableFilm]:
    try:
        return file, read_film(file)
    except UnreadableFilm as error:
        return file, error


def _overlay_files(files: list[Path], folder: Path) -> dict[Path, Path]:
    """The overlay file of each film: its name with `.png`, and a number if another film has the same name."""
    counts: dict[str, int] = {}
    overlays = {}
    for file in files:
        count = counts[file.stem] = counts.get(file.stem, 0) + 1
        overlays[file] = folder / (f"{file.stem}.png" if count == 1 else f"{file.stem}-{count}.png")
    return overlays


def _glob(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    return Path(path.anchor).glob(str(path.relative_to(path.anchor)))


def _looks_like_a_film(file: Path) -> bool:
    return not file.name.startswith(".") and file.suffix.lower() in SUFFIXES
