"""Site acceptance of a model: a hospital's own labelled films compared with the estimates on the model's card."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DataSetError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.run import evaluate_csv, evaluate_films
from cxr_core.evaluation.score_table import is_score_table
from cxr_core.evaluation.train_test_overlap import training_overlap
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.prevalence import calibration_prevalence
from cxr_core.metrics.site_acceptance import Acceptance, ReleasedPoint, accept
from cxr_core.models.registry import Model
from cxr_core.progress import Progress

MAX_FILMS = 5000
ACCEPTANCE_VERDICTS = {
    "fit": "Fit for use here, as released.",
    "fit after recalibration": "Fit for use here after recalibration.",
    "not fit": "Not fit for use here.",
    "too few films": "Too few films for a verdict.",
}


@dataclass(frozen=True, eq=False)
class SiteAcceptance:
    """The evaluation of the site's films, and the acceptance of the model at the site."""

    evaluation: Evaluation
    acceptance: Acceptance


def accept_site(model: Model, data: Path, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Judge a model by a site's films or by its scores, a CSV.

    Writes `acceptance.json` into `out`, which is created if needed, and returns its content. See `accept_films` and
    `accept_csv`. Raises CXRError.
    """
    if is_score_table(data):
        result = accept_csv(data, model)
    else:
        index = curated(build_index(data, progress))
        result = accept_films(Predictor(model), index, progress)
    about = result.evaluation.record.about()
    in_words = {"verdict_in_words": ACCEPTANCE_VERDICTS[result.acceptance.verdict]}
    content = about | result.acceptance.to_dict() | in_words
    out.mkdir(parents=True, exist_ok=True)
    (out / "acceptance.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")
    return content


def accept_films(predictor: Predictor, index: Index, progress: Progress | None = None) -> SiteAcceptance:
    """Score every film of a site with the model and judge it.

    Raises DataSetError for more than MAX_FILMS films, and if films of the model's split table are among them, also at
    another size or in another encoding: these would say nothing of the site.
    """
    films = len(index.readable)
    if films > MAX_FILMS:
        raise DataSetError(f"{index.root}: has {films:,} films; up to {MAX_FILMS:,} are accepted here.")
    overlap = training_overlap(predictor.model, index, index.readable)
    if found := overlap.in_split_table:
        copies = f", {overlap.copies:,} of them in another size or encoding" if overlap.copies else ""
        raise DataSetError(
            f"{index.root.name}: {found:,} of the {films:,} films are of the data that {predictor.model.name} was "
            f"trained or tested on{copies}; only films of your own site are accepted."
        )
    return accept_evaluation(evaluate_films(predictor, index, "all", progress), predictor.model)


def accept_csv(file: Path, model: Model) -> SiteAcceptance:
    """Judge a model by its scores of the site's films, a CSV with `file,label,score[,patient]`. Raises DataSetError."""
    point = model.card.operating_points[model.card.operating_point]
    return accept_evaluation(evaluate_csv(file, f"{model.name} at {file.stem}", "all", point.threshold), model)


def accept_evaluation(evaluation: Evaluation, model: Model) -> SiteAcceptance:
    """Compare the estimates of an evaluation with those on the model's card."""
    points, point = model.card.operating_points, model.card.operating_point
    released = {
        name: ReleasedPoint(one.threshold, *(_lower_end(estimate) for estimate in (one.sensitivity, one.specificity)))
        for name, one in points.items()
    }
    acceptance = accept(evaluation.scores, released, point, calibration_prevalence(points[point]))
    return SiteAcceptance(evaluation, acceptance)


def _lower_end(estimate: Estimate) -> float:
    low = estimate.value if estimate.low is None else estimate.low
    return math.nan if low is None else low
