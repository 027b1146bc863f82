"""What the network of a fold is worth on its held-out films: by source, with false alarms and where its heat lies.

Calibration, operating point and the scale of the heat come from the run's validation patients.
"""

from typing import Any

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import find_boxes
from cxr_core.datasets.index import Index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.datasets.split import read_split
from cxr_core.evaluation.sources import of_both_classes
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.lungs import lung_fields
from cxr_core.inference.augmented_views import mirrored
from cxr_core.inference.explain.evidence_map import EvidenceMap
from cxr_core.inference.explain.heatmap import share_inside
from cxr_core.inference.explain.localisation import localisation
from cxr_core.inference.test_time_augmentation import fit_test_time_augmentation
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.calibration import Platt
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.curves import roc_curve
from cxr_core.metrics.scores import Scores
from cxr_core.publishing.answer_rules import evidence_scale, fit_answer_rules
from cxr_core.publishing.evidence_check import cells_of
from cxr_core.publishing.network_outputs import LOGIT_LAYER, layer_of_cells, load_keras_network
from cxr_core.training.runs import Run

SENSITIVITY = 0.97
METRICS = ("auroc", "sensitivity", "specificity", "accuracy", "ece")
_LUNG_FILMS = 150  # of each fold, at most: each is decoded again for its lungs


class FoldNetwork:
    """The best network of a finished run, with the rules fitted to its validation patients.

    validation, held_out: rows of the index, with their calibrated probability in `score`; the held-out ones with
    those of neither class. cells_from: the layer of its cells, of which heat is made; None if it has none.
    """

    def __init__(self, run: Run, index: Index) -> None:
        """Scores all films of the run that it was not trained on."""
        self.index = index
        self.recipe = run.config().parsed
        self.network = load_keras_network(run.folder / "best.keras")
        table = pd.read_csv(run.folder / "validation.csv", dtype={"patient": str})
        films = index.films.set_index("path", drop=False)
        validation = films.loc[table["path"]]
        labels = labels_of(validation)
        self._augmentation = fit_test_time_augmentation(table["logit"].to_numpy(float), labels, self.recipe.flip)
        logits = self.logits(validation)
        patients, paths, sources = (validation[name].to_numpy(str) for name in ("patient", "path", "source"))
        split = read_split(index.films, run.folder / "split.csv")
        _, other = of_both_classes(index.films[split == "val"])
        of_other = self.logits(other) if len(other) else np.empty(0)
        self.rules, scores = fit_answer_rules(logits, labels, patients, paths, sources, of_other)
        calibration = self.rules["calibration"]
        platt = Platt(**calibration["parameters"])
        scale = evidence_scale(platt, calibration["prevalence"])
        self.cells_from = layer_of_cells(self.network)
        self.heat_scale = EvidenceMap(scale["slope"], scale["intercept"], mean=self.cells_from == LOGIT_LAYER)
        self.validation = validation.assign(score=scores.scores)
        held_out = index.films[split == "test"]
        self.held_out = held_out.assign(score=platt.probability(self.logits(held_out)))

    @property
    def threshold(self) -> float:
        """Of the default operating point."""
        return float(self.rules["operating_points"][self.rules["operating_point"]]["threshold"])

    def inputs(self, films: pd.DataFrame) -> np.ndarray:
        """Model inputs `uint8 (N, S, S)` of rows of the index."""
        return np.array(cached_inputs(self.index.root, films, self.recipe.preprocessing()))

    def logits(self, films: pd.DataFrame) -> np.ndarray:
        """Final logits `float32 (N,)`, averaged over augmented views where they are borderline."""

        def score(batch: np.ndarray) -> np.ndarray:
            logits: np.ndarray = self.network.predict(batch[..., None], batch_size=64, verbose=0)[:, 0]
            return logits

        return self._augmentation.logits(score, self.inputs(films))

    def heat(self, films: pd.DataFrame) -> list[np.ndarray]:
        """The heat of each film, `float32 (h, w)`; the network must have cells."""
        inputs = self.inputs(films)
        pairs = zip(cells_of(self.network, inputs), cells_of(self.network, mirrored(inputs)), strict=True)
        return [self.heat_scale.heat(*pair) for pair in pairs]


def held_out_metrics(found: FoldNetwork) -> list[dict[str, Any]]:
    """One row a source of the held-out films: METRICS, `specificity_at_97`, `other_called` (share of films of neither
    class called pneumonia), and where there are cells `pointing`, `heat_over_area` and `heat_in_lungs` (median). NaN
    where not defined.
    """
    rows = []
    for source, films in found.held_out.groupby("source", sort=True):
        both, other = of_both_classes(films)
        row: dict[str, Any] = {"source": source, "films": len(both)}
        if both["label"].nunique() == 2:
            scores = scores_of(both)
            estimates = evaluate(scores, found.threshold, draws=2).estimates
            row |= {name: estimates[name].value for name in METRICS} | {"specificity_at_97": _specificity(scores)}
        if len(other):
            row["other_called"] = float((other["score"] >= found.threshold).mean())
        if found.cells_from:
            row |= heat_metrics(found, both[both["label"] == PNEUMONIA])
        rows.append(row)
    return rows


def heat_metrics(found: FoldNetwork, sick: pd.DataFrame) -> dict[str, float]:
    """Of pneumonia films, rows of the index: the pointing game where they have boxes, else the heat in the lungs."""
    boxes = find_boxes(found.index)
    boxed = sick[sick["path"].isin(set(boxes))]
    if len(boxed):
        told = localisation(found.heat(boxed), [boxes[path] for path in boxed["path"]])
        return {name: told[name] for name in ("pointing", "chance", "heat_over_area")}
    some = sick.sample(min(_LUNG_FILMS, len(sick)), random_state=0)
    inside = [
        share_inside(heat, lung_fields(read_film(found.index.root / path).pixels))
        for heat, path in zip(found.heat(some), some["path"], strict=True)
    ]
    known = [share for share in inside if share is not None]
    return {"heat_in_lungs": float(np.median(known))} if known else {}


def labels_of(films: pd.DataFrame) -> np.ndarray:
    """`int (N,)`, 1 = pneumonia."""
    return (films["label"] == PNEUMONIA).to_numpy(int)


def scores_of(films: pd.DataFrame) -> Scores:
    """The calibrated scores of films that have a column `score`."""
    return Scores(labels_of(films), films["score"].to_numpy(), films["patient"].to_numpy(), films["path"].to_numpy())


def _specificity(scores: Scores) -> float:
    """At the threshold that finds SENSITIVITY of these films."""
    roc = roc_curve(scores)
    enough = np.array(roc["sensitivity"]) >= SENSITIVITY
    return 1 - float(np.min(np.array(roc["false_positive_rate"])[enough]))
