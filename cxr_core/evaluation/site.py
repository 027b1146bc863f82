"""Site acceptance: a hospital's own labelled films against the promises of a model's card."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DataSetError
from cxr_core.evaluation.run import Progress, assess_csv, assess_films, holds_scores
from cxr_core.evaluation.store import Evaluation
from cxr_core.inference.predictor import Predictor
from cxr_core.labels import PNEUMONIA
from cxr_core.metrics.site_acceptance import Acceptance, Promise, accept
from cxr_core.models.registry import Model

MOST_FILMS = 5000
VERDICTS = {
    "fit": "Fit for use here, as released.",
    "fit after recalibration": "Fit for use here after recalibration.",
    "not fit": "Not fit for use here.",
    "too few films": "Too few films for a verdict.",
}


@dataclass(frozen=True, eq=False)
class SiteAcceptance:
    """The site's films as evaluated, and what they say of the model there."""

    evaluation: Evaluation
    found: Acceptance


def accept_site(model: Model, data: Path, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Judge by films or by scores, see `accept_films` and `accept_csv`; writes `acceptance.json` into `out`."""
    if holds_scores(data):
        result = accept_csv(data, model)
    else:
        index = build_index(data, progress)
        result = accept_films(Predictor(model), index, progress)
    about = {name: result.evaluation.metrics[name] for name in ("model", "data", "when")}
    found = about | result.found.to_dict() | {"verdict_in_words": VERDICTS[result.found.verdict]}
    out.mkdir(parents=True, exist_ok=True)
    (out / "acceptance.json").write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
    return found


def accept_films(reader: Predictor, index: Index, progress: Progress | None = None) -> SiteAcceptance:
    """Score every film of a site with the model and judge. Raises DataSetError for more than MOST_FILMS films."""
    films = len(index.readable)
    if films > MOST_FILMS:
        raise DataSetError(f"{index.root}: holds {films:,} films; up to {MOST_FILMS:,} are accepted here.")
    return judge(assess_films(reader, index, "all", progress), reader.model)


def accept_csv(file: Path, model: Model) -> SiteAcceptance:
    """Judge by scores that the model gave on the site, a CSV with `file,label,score[,patient]`."""
    point = model.card["operating_points"][model.card["operating_point"]]
    return judge(assess_csv(file, f"{model.name} at {file.stem}", "all", point["threshold"]), model)


def judge(evaluation: Evaluation, model: Model) -> SiteAcceptance:
    """Hold the figures of an evaluation against the model's card."""
    card = model.card
    promises = {
        name: Promise(point["threshold"], _low(point["sensitivity"]), _low(point["specificity"]))
        for name, point in card["operating_points"].items()
    }
    validation = card["training"]["split"]["val"]["classes"]
    prevalence = validation[PNEUMONIA] / sum(validation.values())
    return SiteAcceptance(evaluation, accept(evaluation.scores, promises, card["operating_point"], prevalence))


def _low(figure: dict[str, Any]) -> float:
    return float(figure["value"] if figure["low"] is None else figure["low"])
