"""A loaded model that predicts and reads films."""

import copy
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cxr_core.imaging.film import Film
from cxr_core.imaging.lungs import reduced
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.inference.augmented_views import all_views, first_views, from_the_ends, shifted
from cxr_core.inference.decision import Choice, Rules, decide, moved
from cxr_core.inference.explain.evidence_map import read_evidence_map
from cxr_core.inference.gate.gate import INVERSION_CORRECTED, Admission, Gate, shipped_gate
from cxr_core.inference.intended_use import age_note
from cxr_core.inference.prediction import Prediction
from cxr_core.inference.reading import Reading
from cxr_core.inference.test_time_augmentation import read_test_time_augmentation
from cxr_core.languages import message
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model
from cxr_core.models.runtime import Network, ReadsInputs
from cxr_core.models.site_profile import SiteProfile
from cxr_core.parallel import map_in_order

HEATMAP_NOT_SHOWN = message(
    "No heatmap: with this model it would look much the same if the network had learnt nothing."
)
NO_HEATMAP_IN_NETWORK = message("No heatmap: this model's answer is not put together from places on the film.")
NO_HEATMAP_IN_MODEL = message("No heatmap: this model was converted by an earlier version; convert it again.")


class Predictor:
    """One model. Safe to share between threads."""

    def __init__(
        self,
        model: Model,
        gate: Gate | None = None,
        network: ReadsInputs | None = None,
        site: SiteProfile | None = None,
    ) -> None:
        """Raises WorkError if the model is not converted for reading, or a file is not the one its card describes.

        gate: the gate that films must pass; by default the shipped one, which is loaded with the first film.
        network: by default the model's own, converted. site: the profile by which films are read; of this model.
        """
        self._network = network or Network(model)
        self._map = read_evidence_map(model.card)
        self.model = model
        self.preprocessing = Preprocessing(**model.card.preprocessing)
        self.rules = Rules.of(model.card).at(site)
        self.threshold = self.rules.chosen(Choice())[0]
        self._platt = Platt(model.card.slope, model.card.intercept)
        self._augmentation = read_test_time_augmentation(model.card, self.rules.mirror)
        self._gate = gate

    def at(self, site: SiteProfile | None) -> "Predictor":
        """A predictor that reads by another site's profile, or by none, with the same loaded network."""
        other = copy.copy(self)
        other.rules = Rules.of(self.model.card).at(site)
        return other

    def read(self, film: Film, choice: Choice = Choice()) -> Reading:  # noqa: B008  frozen
        """The reading of one film. Raises SettingsError for a choice that the model's card does not have."""
        return self.decide(self.predict_film(film), choice)

    def read_many(self, films: Iterable[Film], choice: Choice = Choice()) -> Iterator[Reading]:  # noqa: B008
        """The readings of films, in order; holds a few films at a time. Raises as `read` does."""
        for prediction in self.predict(films):
            yield self.decide(prediction, choice)

    def predict(self, films: Iterable[Film]) -> Iterator[Prediction]:
        """The predictions for films, in order; they depend on the model and on the site's shift, not on the choice."""
        return map_in_order(self.predict_film, films)

    def predict_film(self, film: Film, score_refused: bool = False) -> Prediction:
        """The prediction for one film; the work of the calling thread and of the network's.

        score_refused: whether the prediction has a `logit` although the gate refused the film, for an evaluation.
        """
        started = time.perf_counter()
        (admission,) = (self._gate or shipped_gate()).admit([film])
        by_network: dict[str, Any] = {}
        if admission.refusal is None:
            by_network = self._run_network(admission.film)
        elif score_refused:
            by_network = {"logit": float(self.logits(self.preprocessing.apply(film.pixels)[None])[0])}
        return self._prediction(admission, by_network, time.perf_counter() - started)

    def decide(self, prediction: Prediction, choice: Choice = Choice()) -> Reading:  # noqa: B008
        """The reading for a prediction, at no cost. Raises SettingsError for a choice that the card does not have."""
        return decide(prediction, self.rules, choice, self.model.name, self.model.version)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Final logits `float32 (N,)` of model inputs `uint8 (N, S, S)`, with test-time augmentation as on the card."""
        return self._augmentation.logits(self._network.logits, inputs)

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of pneumonia, `float64 (N,)` in [0, 1], from final logits `float (N,)`."""
        return self._platt.probability(logits)

    def probabilities_by_view(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of pneumonia for model inputs `uint8 (N, S, S)`.

        Returns the final ones, `float64 (N,)`, and those of all V views, `float64 (V, N)`, the films as they are first.
        """
        return self._combined(self._network.logits(all_views(inputs, self.rules.mirror)).reshape(-1, len(inputs)))

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """Pooled features `float32 (N, C)` of model inputs `uint8 (N, S, S)`, to search for similar films."""
        return self._network.forward(inputs).features

    def _run_network(self, film: Film) -> dict[str, Any]:
        """For an admitted film, the fields of `Prediction` from the network: `logit` to `features`."""
        inputs = self.preprocessing.apply(film.pixels)[None]
        outputs = self._network.forward(first_views(inputs, mirror=True))  # the heatmap needs the mirror image
        logits = outputs.logits[: 2 if self.rules.mirror else 1, None]
        averaged = self._augmentation.borderline(logits[0])
        if averaged[0] or not self._clear(logits)[0]:
            logits = np.concatenate([logits, self._network.logits(shifted(inputs))[:, None]])
        final = self._augmentation.combine(logits)
        heat = self._heatmap(outputs.feature_map)
        return {
            "logit": float(final[0]),
            "probability": float(self.probabilities(final)[0]),
            "averaged": bool(averaged[0]),
            "view_probabilities": self.probabilities(logits)[:, 0],
            "heatmap": heat,
            "reduced": reduced(film.pixels) if heat is not None and heat.any() else None,
            "features": outputs.features[0].copy(),  # a view would keep those of all augmented views
        }

    def _clear(self, logits: np.ndarray) -> np.ndarray:
        """Whether films are so near to 0 or 1 in their first views that shifts would change no answer, `bool (N,)`.

        logits: `float (V, N)`, of the first views.
        """
        return from_the_ends(moved(self.probabilities(logits), self.rules.shift)) < self.rules.clear

    def _heatmap(self, feature_map: np.ndarray | None) -> np.ndarray | None:
        """The heatmap of a film, if there is one, of `float32 (2, h, w, C)`, the film and its mirror image."""
        if feature_map is None or self._map is None or not self._map.shown:
            return None
        return self._map.heat(*feature_map[..., 0])

    def _without_heatmap(self) -> str:
        """Why this model shows no heatmap, a sentence."""
        conversion = self.model.card.conversion
        if conversion and "feature_map" not in conversion.outputs:
            return NO_HEATMAP_IN_NETWORK
        return HEATMAP_NOT_SHOWN if self._map else NO_HEATMAP_IN_MODEL

    def _combined(self, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits `(V, N)` of all views -> probabilities: the final ones `(N,)` and those of the views `(V, N)`."""
        return self.probabilities(self._augmentation.combine(logits)), self.probabilities(logits)

    def _prediction(self, admission: Admission, by_network: dict[str, Any], seconds: float) -> Prediction:
        film = admission.film
        notes = [*admission.notes]
        if admission.refusal is None and by_network["heatmap"] is None:
            notes.append(self._without_heatmap())
        about: dict[str, Any] = {
            "file": film.name,
            "sha256": film.sha256,
            "inverted": INVERSION_CORRECTED in admission.notes,
            "seconds": seconds,
            "age_notes": age_note(film.source.header, self.model.card, admission.age_group),
        }
        return Prediction(refusal=admission.refusal, notes=tuple(notes), **about, **by_network)
