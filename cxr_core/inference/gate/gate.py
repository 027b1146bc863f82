"""The gate: refuses images that are not upright frontal chest films, before any probability is shown.

It also tells children from adults where the film does, and refuses neither (`age_group.py`).

A small network classifies the image as a frontal film or as one of eight kinds to refuse. An inverted grey scale is
corrected and the film classified again. A film classified as frontal is still refused if its features are far from
those of all training films. `cxr_core/publishing/publish_gate.py` fits the gate and writes its card, with estimates on
images that were not used for fitting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cxr_core.errors import DamagedRecord, WorkError, work_error
from cxr_core.files import sha256_of
from cxr_core.imaging.film import Film
from cxr_core.imaging.gate_input import gate_input
from cxr_core.inference.gate.age_group import AgeGroup, AgeGroups
from cxr_core.inference.gate.gate_card import GateCard
from cxr_core.inference.gate.pixel_checks import Check, Refusal, check_pixels
from cxr_core.languages import message
from cxr_core.limits import read_arrays
from cxr_core.models.lite_network import LiteNetwork

SHIPPED = Path(__file__).resolve().parent / "gate_model"
ROLES = ("features", "logits")
"""The outputs of the gate's converted network; the card's entry `conversion` has their order in the file."""
MIN_PROBABILITY_IN_COLOUR = 0.9  # of a frontal film, for an image in colour: films are grey, most photographs are not
INVERSION_CORRECTED = message("Grey scale was inverted; corrected before reading.")

# For each class of the network that is refused: the check that failed, and the reason for the user.
_REASONS: dict[str, tuple[Check, str]] = {
    "inverted": (
        "inverted",
        message("The grey scale seems to be inverted; even corrected, this is not a frontal chest film."),
    ),
    "sideways": ("orientation", message("The film seems to lie on its side; rotate it upright and read it again.")),
    "upside_down": ("orientation", message("The film seems to be upside down; rotate it upright and read it again.")),
    "cut": ("cut", message("The film seems to be cropped; both lungs must be completely on it.")),
    "lateral": ("frontal", message("This seems to be a lateral chest film; only frontal films are read.")),
    "slice": ("frontal", message("This seems to be a CT slice; only frontal chest films are read.")),
    "limb": ("frontal", message("This seems to be an X-ray of a limb; only frontal chest films are read.")),
    "other": ("frontal", message("This does not look like a frontal chest film.")),
}
_OUTLIER = Refusal(
    "distance", message("This film is unlike all films the gate was fitted on; a result would not be reliable.")
)


@dataclass(frozen=True, eq=False)
class Admission:
    """The gate's result for one film.

    film: to be read, with its grey scale corrected if it was inverted. refusal: why it must not be read, else None.
    notes: sentences on corrections.
    frontal: the probability of a frontal chest film, in [0, 1]. distance: >= 0, from the training films, in standard
        deviations of their features (Mahalanobis). Both None if the pixel checks refused the film.
    age_group: of the patient, None if the pixels do not tell it.
    """

    film: Film
    refusal: Refusal | None
    notes: tuple[str, ...] = ()
    frontal: float | None = None
    distance: float | None = None
    age_group: AgeGroup | None = None


class Gate:
    """The fitted gate. Safe to share between threads."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Raises WorkError if the gate is not converted, or its files are damaged or not those its card describes."""
        try:
            self.card = GateCard.read(folder / "card.json")
            arrays = read_arrays(folder / "distance.npz")
            self._mean, self._whitening = arrays["mean"], arrays["whitening"]
            conversion = self.card.conversion
            if conversion is None or sha256_of(folder / "model.tflite") != conversion.sha256:
                raise WorkError(
                    "is not the gate that its card describes", thing=folder / "model.tflite", accepted="restore it"
                )
            limits = self.card.age_limits
            self._ages = AgeGroups.of(folder, limits) if limits else None
            self._network = LiteNetwork(folder / "model.tflite", conversion.outputs)
        except (OSError, ValueError, KeyError, DamagedRecord) as error:
            raise work_error(folder, "the gate cannot be loaded", error) from error

    def admit(self, films: Sequence[Film]) -> list[Admission]:
        """The gate's result for each film, in order."""
        checks = [check_pixels(film.pixels) for film in films]
        admissions = [Admission(film, check.refusal) for film, check in zip(films, checks, strict=True)]
        rows = [i for i, admission in enumerate(admissions) if admission.refusal is None]
        for i, admission in zip(rows, self._classified([films[i] for i in rows]), strict=True):
            admissions[i] = admission
        inverted = [i for i in rows if _refused_by(admissions[i], "inverted")]
        corrected = [replace(films[i], pixels=255 - films[i].pixels) for i in inverted]
        for i, admission in zip(inverted, self._classified(corrected), strict=True):
            if admission.refusal is None:
                checks[i] = check_pixels(admission.film.pixels)
                admissions[i] = replace(admission, refusal=checks[i].refusal, notes=(INVERSION_CORRECTED,))
        return [
            admission if admission.refusal else replace(admission, notes=admission.notes + check.notes)
            for admission, check in zip(admissions, checks, strict=True)
        ]

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """The network's features `float32 (N, C)` of inputs `uint8 (N, SIDE, SIDE)`."""
        return self._network.run(inputs)["features"]

    def _classified(self, films: list[Film]) -> list[Admission]:
        if not films:
            return []
        inputs = np.stack([gate_input(film.pixels) for film in films])
        outputs = self._network.run(inputs)
        features, logits = outputs["features"], outputs["logits"]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        distances = np.linalg.norm((features - self._mean) @ self._whitening, axis=1)
        groups = self._ages.tell(inputs, features) if self._ages else [None] * len(films)
        return [
            Admission(film, self._refusal(row, apart, film.source.colour), (), float(row[0]), float(apart), group)
            for film, row, apart, group in zip(films, probabilities, distances, groups, strict=True)
        ]

    def _refusal(self, probabilities: np.ndarray, distance: float, colour: bool) -> Refusal | None:
        if probabilities[0] < (MIN_PROBABILITY_IN_COLOUR if colour else self.card.min_probability):
            return Refusal(*_REASONS[self.card.classes[1 + int(probabilities[1:].argmax())]])
        return _OUTLIER if distance > self.card.max_distance else None


@lru_cache(maxsize=1)
def shipped_gate() -> Gate:
    """The gate shipped with the app, loaded once per process. Raises WorkError as `Gate` does."""
    return Gate()


def _refused_by(admission: Admission, check: Check) -> bool:
    return admission.refusal is not None and admission.refusal.check == check
