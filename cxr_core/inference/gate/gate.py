"""The gate: whether a picture is a frontal chest film that a model may read, before any probability is shown.

A small network sorts the picture into a frontal film or one of eight kinds to refuse; a film whose bones are black is
turned right and sorted again; what looks frontal but lies far from every training film is refused by its distance.
`cxr_core/publishing/publish_gate.py` fits it and writes its card, with the figures on pictures it had not seen.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cxr_core.backend import import_keras, predictor
from cxr_core.errors import WorkError
from cxr_core.imaging.film import Film
from cxr_core.imaging.gate_input import gate_input
from cxr_core.inference.gate.pixel_checks import Check, Refusal, check_pixels
from cxr_core.models.registry import sha256_of

SHIPPED = Path(__file__).resolve().parent / "gate_model"
BATCH = 32
IN_COLOUR = 0.9  # the probability that a picture in colour needs: films are grey, photographs seldom are
INVERSION_CORRECTED = "The film was inverted, with black bones; it was turned right before it was read."

# What the network's classes mean to a user: the check that failed, and why.
_REASONS: dict[str, tuple[Check, str]] = {
    "inverted": ("inverted", "The film seems to be inverted, and is no frontal chest film when turned right."),
    "sideways": ("orientation", "The film seems to lie sideways; turn it upright and read it again."),
    "upside_down": ("orientation", "The film seems to be upside down; turn it and read it again."),
    "cut": ("cut", "The film seems to be cut: both lungs must be on it as a whole."),
    "lateral": ("frontal", "This seems to be a lateral chest film; only frontal films are read."),
    "slice": ("frontal", "This seems to be a CT slice; only frontal chest films are read."),
    "limb": ("frontal", "This seems to be an X-ray of a limb; only frontal chest films are read."),
    "other": ("frontal", "This does not look like a frontal chest film."),
}
_FAR = Refusal("distance", "This film is unlike every film the gate was fitted on, so an answer would mean nothing.")


@dataclass(frozen=True, eq=False)
class Admission:
    """What the gate says: the film to read (turned right if it was inverted), or why not, and what was done to it.

    frontal: the probability that it is a frontal chest film, in [0, 1]; distance: from the films of the fit, in
    standard deviations of their features. Both None if the pixels alone were refused.
    """

    film: Film
    refusal: Refusal | None
    notes: tuple[str, ...] = ()
    frontal: float | None = None
    distance: float | None = None


class Gate:
    """The fitted gate. Safe to share between threads; loading it takes a moment."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Raises WorkError if the gate's files are damaged or not those its card describes."""
        keras = import_keras()
        try:
            self.card = json.loads((folder / "card.json").read_text())
            with np.load(folder / "distance.npz") as arrays:
                self._mean, self._whitening = arrays["mean"], arrays["whitening"]
            if sha256_of(folder / "model.keras") != self.card["sha256"]:
                raise WorkError(f"{folder / 'model.keras'}: is not the gate that its card describes; restore it.")
            network = keras.saving.load_model(folder / "model.keras", compile=False, safe_mode=True)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise WorkError(f"{folder}: the gate cannot be loaded ({error}).") from error
        self._classes = list(self.card["classes"])
        self._min_probability = float(self.card["limits"]["min_probability"])
        self._max_distance = float(self.card["limits"]["max_distance"])
        outputs = [network.get_layer(name).output for name in ("features", "logits")]
        self._predict = predictor(keras.Model(network.input, outputs))
        self._lock = threading.Lock()

    def admit(self, films: Sequence[Film]) -> list[Admission]:
        """What the gate says of each film, in order."""
        admissions = [Admission(film, check_pixels(film.pixels)) for film in films]
        rows = [i for i, admission in enumerate(admissions) if admission.refusal is None]
        for i, sorted_ in zip(rows, self._sorted([films[i] for i in rows]), strict=True):
            admissions[i] = sorted_
        turned = [i for i in rows if _is(admissions[i], "inverted")]
        upright = [replace(films[i], pixels=255 - films[i].pixels) for i in turned]
        for i, again in zip(turned, self._sorted(upright), strict=True):
            if again.refusal is None:
                admissions[i] = replace(again, notes=(INVERSION_CORRECTED,))
        return admissions

    def _sorted(self, films: list[Film]) -> list[Admission]:
        if not films:
            return []
        inputs = np.stack([gate_input(film.pixels) for film in films])[..., None]
        with self._lock:
            parts = [self._predict(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
        features, logits = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        distances = np.linalg.norm((features - self._mean) @ self._whitening, axis=1)
        return [
            Admission(film, self._refusal(row, far, film.source.colour), frontal=float(row[0]), distance=float(far))
            for film, row, far in zip(films, probabilities, distances, strict=True)
        ]

    def _refusal(self, probabilities: np.ndarray, distance: float, colour: bool) -> Refusal | None:
        if probabilities[0] < (IN_COLOUR if colour else self._min_probability):
            return Refusal(*_REASONS[self._classes[1 + int(probabilities[1:].argmax())]])
        return _FAR if distance > self._max_distance else None


@lru_cache(maxsize=1)
def shipped_gate() -> Gate:
    """The gate that comes with the app, loaded once a process. Raises WorkError."""
    return Gate()


def _is(admission: Admission, check: Check) -> bool:
    return admission.refusal is not None and admission.refusal.check == check
