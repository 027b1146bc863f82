"""A model, loaded and ready to read films."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from cxr_core.imaging.film import Film
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.inference.augmented_views import mirrored, shifted, views_of
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.explain.heatmap import heatmap_of
from cxr_core.inference.explain.local_evidence import LEAST_AGREEMENT, LocalEvidence, read_local_evidence
from cxr_core.inference.explain.lungs import lung_fields, share_inside
from cxr_core.inference.gate.gate import Admission, Gate, shipped_gate
from cxr_core.inference.intended_use import age_note
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.test_time_augmentation import read_test_time_augmentation
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model
from cxr_core.models.runtime import Network

BATCH = 32
NO_HEATMAP = "No heatmap is shown: to the network this film is unlike those that the heatmap was fitted to."
NONE_FITTED = "No heatmap is shown: this model was published without one; publish its run under a new name."


class Predictor:
    """Reads films with one model. Safe to share between threads; loading it takes seconds."""

    def __init__(self, model: Model, gate: Gate | None = None) -> None:
        """Raises WorkError if the model's file is damaged or not the one its card describes.

        gate: what films must pass; the one that comes with the app by default, loaded with the first film.
        """
        self._network = Network(model)
        self._local = read_local_evidence(model.local_evidence) if "heatmap" in model.card else None
        self.model = model
        self.preprocessing = Preprocessing(**model.card["input"]["preprocessing"])
        self.rules = Rules.of(model.card)
        self.threshold = self.rules.chosen(Choice())[0]
        self._platt = Platt(**model.card["calibration"]["parameters"])
        self._second_look = read_test_time_augmentation(model.card, self.rules.mirror)
        self._gate = gate

    def read(self, film: Film, choice: Choice = Choice()) -> Reading:  # noqa: B008  frozen
        """Read one film, with its heatmap."""
        return next(iter(self.read_many([film], choice)))

    def read_many(self, films: Iterable[Film], choice: Choice = Choice()) -> Iterator[Reading]:  # noqa: B008
        """Read films in batches, in order, with their heatmaps; no more than one batch is held at a time."""
        for findings in self.find(films):
            yield self.decide(findings, choice)

    def find(self, films: Iterable[Film]) -> Iterator[Prediction]:
        """What is found on each film, in order: all that costs time, whatever the user then chooses."""
        stream = iter(films)
        while batch := list(islice(stream, BATCH)):
            yield from self._find(batch)

    def decide(self, findings: Prediction, choice: Choice = Choice()) -> Reading:  # noqa: B008
        """The verdict on what was found by that choice; costs nothing. Raises SettingsError for an unknown choice."""
        return decide(findings, self.rules, choice, self.model.name, self.model.version)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits `float32 (N,)` of model inputs `uint8 (N, S, S)`, by a second look where the card says so."""
        return self._second_look.logits(self._network.logits, inputs)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of pneumonia `float64 (N,)`."""
        return self._platt.probability(logits)

    def answers_and_views(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of N films: `float64 (N,)` as answered, `(V, N)` as they are and moved, see `stability`."""
        return self._settled(self._network.logits(views_of(inputs, self.rules.mirror)).reshape(-1, len(inputs)))

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """Pooled features `float32 (N, C)` of model inputs `uint8 (N, S, S)`, for finding similar films."""
        return self._network.look(inputs).pooled

    def _find(self, films: list[Film]) -> list[Prediction]:
        started = time.perf_counter()
        admissions = (self._gate or shipped_gate()).admit(films)
        passed = [i for i, admission in enumerate(admissions) if admission.refusal is None]
        found = dict(zip(passed, self._read([admissions[i].film for i in passed]), strict=True))
        seconds = (time.perf_counter() - started) / len(films)
        return [self._findings(admission, found.get(i, {}), seconds) for i, admission in enumerate(admissions)]

    def _read(self, films: list[Film]) -> list[dict[str, Any]]:
        """Of each admitted film, what the network says: the fields of `Prediction` from `probability` on."""
        if not films:
            return []
        count = len(films)
        inputs = np.stack([self.preprocessing.apply(film.pixels) for film in films])
        seen = self._network.look(np.concatenate([inputs, mirrored(inputs)]))
        own = seen.logits if self.rules.mirror else seen.logits[:count]
        logits = np.concatenate([own, self._network.logits(shifted(inputs))]).reshape(-1, count)
        (answers, views), again = self._settled(logits), self._second_look.unclear(logits[0])
        heatmaps = _heatmaps(seen.places, self._local) if self._local else [None] * count
        return [
            {
                "probability": float(answers[i]),
                "second_look": bool(again[i]),
                "views": views[:, i],
                "heatmap": heat,
                "heat_in_lungs": None if heat is None else share_inside(heat, lung_fields(film.pixels)),
                "features": seen.pooled[i],
            }
            for i, (film, heat) in enumerate(zip(films, heatmaps, strict=True))
        ]

    def _settled(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits `(V, N)` as probabilities: `(N,)` as answered, `(V, N)` of each view."""
        return self.probabilities(self._second_look.settle(logits)), self.probabilities(logits)

    def _findings(self, admission: Admission, found: dict[str, Any], seconds: float) -> Prediction:
        film = admission.film
        notes = [*admission.notes, *age_note(film.source.header)]
        if found and found["heatmap"] is None:
            notes.append(NO_HEATMAP if self._local else NONE_FITTED)
        about: dict[str, Any] = {
            "file": film.name,
            "sha256": film.sha256,
            "inverted": bool(admission.notes),
            "seconds": seconds,
        }
        return Prediction(refusal=admission.refusal, notes=tuple(notes), **about, **found)


def _heatmaps(places: np.ndarray, local: LocalEvidence) -> list[np.ndarray | None]:
    """The heatmap of each film; None where `local` was not fitted to such features.

    places: `float32 (2 N, h, w, C)`, of the films and of their mirror images.
    """
    count = len(places) // 2
    evidence, agreement = local.of(places), local.agreement(places[:count])
    return [
        heatmap_of(evidence[i], evidence[count + i], local.strong) if agreement[i] >= LEAST_AGREEMENT else None
        for i in range(count)
    ]
