"""Many films at once: find the files, read them with a model, write the readings as a table."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.errors import InputError, UnreadableFilm, WorkError, work_error
from cxr_core.files import replace_atomically
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.imaging.png import write_png
from cxr_core.inference.decision import Choice
from cxr_core.inference.explain.heatmap import overlay
from cxr_core.inference.pipeline import predict_sources
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.reading import Reading
from cxr_core.limits import walk_files
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import SiteProfile
from cxr_core.progress import Progress
from cxr_core.tables import rows_to_csv

_logger = logging.getLogger(__name__)

SUFFIXES = {".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".bmp", ".webp", ".dcm", ".dicom", ""}
HEATMAP_OPACITY = 0.6
STEM_BYTES = 150  # of a film's name in that of its heatmap, which has further parts while it is written


def find_films(paths: list[str]) -> list[Path]:
    """The films among `paths`, in order and without repetition. Each path is a file, a folder or a glob.

    A folder is searched with its subfolders for files with one of SUFFIXES. Raises InputError for a path without files.
    """
    found: dict[Path, None] = {}
    for name in paths:
        path = Path(name)
        if path.is_dir():
            files = [file for file in walk_files(path) if looks_like_a_film(file)]
        elif path.exists():
            files = [path]
        else:
            files = sorted(match for match in _glob(name) if match.is_file())
        if not files:
            what = "holds no films" if path.is_dir() else "no such file"
            raise InputError(what, thing=name, accepted="a file, a folder with films or a glob is accepted")
        found |= dict.fromkeys(files)
    return list(found)


def read_files(
    files: list[Path],
    model: str | None = None,
    heatmaps: Path | None = None,
    progress: Progress | None = None,
    on_reading: Callable[[Path, Reading], None] | None = None,
    choice: Choice = Choice(),  # noqa: B008  frozen
    site: SiteProfile | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read files with a model (the released one by default).

    Returns the readings as the JSON documents of `predict --json`, in order, and one message for each file that cannot
    be read, or whose heatmap cannot be written. With `heatmaps`, an overlay of each film is written into that folder,
    `NAME.png`, and the evidence in its own cells, `NAME.evidence.png`, 16-bit grey. `progress(done, total)` counts
    files; `on_reading` is called with each reading. site: the profile to read by; without a model named, its own is
    used. The model is loaded only if there is a film to read. Raises CXRError if the model cannot be used.
    """
    overlays: dict[Path, Path] = {}
    if heatmaps:
        heatmaps.mkdir(parents=True, exist_ok=True)
        overlays = _overlay_files(files, heatmaps)
    results: list[dict[str, Any]] = []
    unreadable: list[str] = []
    predictor = _LatePredictor(model, site)
    for done, (file, found) in enumerate(
        zip(files, predict_sources(files, read_film, predictor), strict=True), start=1
    ):
        if isinstance(found, UnreadableFilm):
            unreadable.append(str(found))
        else:
            reading = predictor.loaded.decide(found.prediction, choice)
            result = reading.to_dict() | {"file": str(file)}
            if reading.heatmap is not None and file in overlays:
                try:
                    write_heatmap(overlays[file], found.film, reading.heatmap)
                    result["heatmap"] = str(overlays[file])
                except WorkError as error:
                    unreadable.append(str(error))
            results.append(result)
            if on_reading:
                on_reading(file, reading)
        if progress:
            progress(done, len(files))
    _logger.info("%d films read, %d not readable", len(results), len(unreadable))
    return results, unreadable


def write_heatmap(file: Path, film: Film, heatmap: np.ndarray) -> None:
    """Write the overlay of a heatmap, `float (h, w)` in [0, 1], and beside it the evidence. Raises WorkError."""
    write_png(file, overlay(film.pixels, heatmap, HEATMAP_OPACITY))
    write_png(_evidence_file(file), np.rint(heatmap * 65535).astype(np.uint16))


def write_csv(results: list[dict[str, Any]], file: Path) -> None:
    """Write readings, as `read_files` returns them, as a CSV with a row per film. Raises WorkError if it cannot."""
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
        "prevalence",
        "probability_here",
    ]
    rows = [
        result
        | {"reasons": " ".join(result["reasons"]), "model": result["model"]["name"]}
        | {"version": result["model"]["version"]}
        for result in results
    ]
    pipe_or_device = file.exists() and not file.is_file()
    try:
        with nullcontext(file) if pipe_or_device else replace_atomically(file.resolve()) as part:
            part.write_bytes(rows_to_csv(rows, names).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise work_error(file, "the table cannot be written", error) from error


class _LatePredictor:
    """A model that is loaded with the first film."""

    def __init__(self, name: str | None, site: SiteProfile | None) -> None:
        self._name, self._site, self._lock = name or (site.model if site else None), site, threading.Lock()
        self._predictor: Predictor | None = None

    @property
    def loaded(self) -> Predictor:
        with self._lock:
            if self._predictor is None:
                model = find_model(self._name)
                if self._site:
                    self._site.require_model(model)
                self._predictor = Predictor(model, site=self._site)
            return self._predictor

    def predict_film(self, film: Film, score_refused: bool = False) -> Prediction:
        return self.loaded.predict_film(film, score_refused)


def _overlay_files(files: list[Path], folder: Path) -> dict[Path, Path]:
    """The overlay file of each film: its name with `.png`, and a number if that is taken, by other evidence as well."""
    taken: set[Path] = set()
    overlays = {}
    for file in files:
        stem = os.fsdecode(os.fsencode(file.stem)[:STEM_BYTES].rstrip(b"."))
        number, overlay_file = 1, folder / f"{stem}.png"
        while {overlay_file, _evidence_file(overlay_file)} & taken:
            number += 1
            overlay_file = folder / f"{stem}-{number}.png"
        taken |= {overlay_file, _evidence_file(overlay_file)}
        overlays[file] = overlay_file
    return overlays


def _evidence_file(overlay_file: Path) -> Path:
    return overlay_file.with_suffix(".evidence.png")


def _glob(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    return Path(path.anchor).glob(str(path.relative_to(path.anchor)))


def looks_like_a_film(file: Path) -> bool:
    """Whether a file in a folder is taken for a film, by its name."""
    return not file.name.startswith(".") and file.suffix.lower() in SUFFIXES
