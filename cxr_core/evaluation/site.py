"""Site acceptance of a model: a hospital's own labelled films compared with the estimates on the model's card."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DataSetError, SettingsError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.overlap import overlap_in_words
from cxr_core.evaluation.run import evaluate_csv, evaluate_films
from cxr_core.evaluation.score_table import is_score_table
from cxr_core.evaluation.train_test_overlap import training_overlap
from cxr_core.inference.decision import fitted_prevalence, moved
from cxr_core.inference.predictor import Predictor
from cxr_core.metrics.acceptance import Acceptance
from cxr_core.metrics.conformal import fit_conformal, large_enough, strictest
from cxr_core.metrics.site_acceptance import ReleasedPoint, accept
from cxr_core.models.registry import Model, check_name
from cxr_core.models.shared_counts import SharedCounts, shared_counts
from cxr_core.models.site_profile import SiteProfile
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


def judge_site(model: Model, data: Path, progress: Progress | None = None) -> SiteAcceptance:
    """Judge a model by a site's films or by its scores, a CSV. Raises CXRError."""
    if is_score_table(data):
        return accept_csv(data, model)
    return accept_films(Predictor(model), curated(build_index(data, progress)), progress)


def write_acceptance(content: dict[str, Any], out: Path) -> None:
    """Write `acceptance.json`, the content of `acceptance_document`, into `out`, which is created if needed."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "acceptance.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def acceptance_document(result: SiteAcceptance) -> dict[str, Any]:
    """The content of `acceptance.json`."""
    record = result.evaluation.record
    compared = "The scores came without films: whether the model was trained on these was not checked."
    if record.overlap:
        compared = overlap_in_words(record.overlap, result.acceptance.films)
    in_words = {"verdict_in_words": ACCEPTANCE_VERDICTS[result.acceptance.verdict], "compared_with_training": compared}
    return record.about() | result.acceptance.to_dict() | in_words


def accept_films(predictor: Predictor, index: Index, progress: Progress | None = None) -> SiteAcceptance:
    """Score every film of a site with the model and judge it. Raises what `check_count` and `check_films` raise."""
    check_count(index)
    check_films(predictor.model, index)
    return accept_evaluation(evaluate_films(predictor, index, "all", progress), predictor.model)


def check_count(index: Index) -> None:
    """Raises DataSetError for more than MAX_FILMS films."""
    if (films := len(index.readable)) > MAX_FILMS:
        raise DataSetError(f"has {films:,} films", thing=index.root, accepted=f"up to {MAX_FILMS:,} are accepted here")


def check_films(model: Model, index: Index) -> None:
    """Raises DataSetError for films of the model's split table, also at another size or in another encoding.

    These would say nothing of the site.
    """
    overlap = training_overlap(model, index, index.readable)
    if found := overlap.in_split_table:
        copies = f", {overlap.copies:,} of them in another size or encoding" if overlap.copies else ""
        raise DataSetError(
            f"{found:,} of the {len(index.readable):,} films are of the data that {model.name} was "
            f"trained or tested on{copies}",
            thing=index.root.name,
            accepted="only films of your own site are accepted",
        )


def accept_csv(file: Path, model: Model) -> SiteAcceptance:
    """Judge a model by its scores of the site's films, a CSV with `file,label,score[,patient]`. Raises DataSetError."""
    point = model.card.operating_points[model.card.operating_point]
    return accept_evaluation(evaluate_csv(file, f"{model.name} at {file.stem}", "all", point.threshold), model)


def accept_evaluation(evaluation: Evaluation, model: Model) -> SiteAcceptance:
    """Compare the estimates of an evaluation with those on the model's card."""
    points, point = model.card.operating_points, model.card.operating_point
    released = {
        name: ReleasedPoint(one.threshold, one.sensitivity.value or 0.0, one.specificity.value or 0.0)
        for name, one in points.items()
    }
    acceptance = accept(evaluation.scores, released, point, fitted_prevalence(model.card))
    return SiteAcceptance(evaluation, acceptance)


def shared_of(site: SiteAcceptance, model: Model, name: str) -> SharedCounts:
    """What the hospital may share, under a name. Raises what `shared_counts` raises."""
    evaluation = site.evaluation
    return shared_counts(site.acceptance, evaluation.scores, model, name, evaluation.record.when)


def profile_of(site: SiteAcceptance, model: Model, name: str, who: str, prevalence: float) -> SiteProfile:
    """The profile that uses a model at a site as its acceptance allows.

    "fit" leaves the scores as they are; "fit after recalibration" moves them by the shift. The conformal limits are the
    strictest of the card's and, for the error rates that these films are enough for, the site's own. Raises
    SettingsError for another verdict, an invalid name, or a prevalence outside 2 to 80%.
    """
    acceptance = site.acceptance
    if acceptance.verdict not in ("fit", "fit after recalibration"):
        raise SettingsError(
            f"{ACCEPTANCE_VERDICTS[acceptance.verdict]} Only a fit model can be used", thing=f"site {name!r}"
        )
    if not who.strip():
        raise SettingsError(
            "who accepts it is missing", thing=f"site {name!r}", accepted="a name or initials are accepted"
        )
    check_name(name)
    shift = float(acceptance.shift.value or 0) if acceptance.verdict == "fit after recalibration" else 0.0
    scores = replace(site.evaluation.scores, scores=moved(site.evaluation.scores.scores, shift))
    card_limits = model.card.limits_by_error_rate
    own = fit_conformal(scores, list(card_limits))
    limits = {
        f"{rate:g}": (strictest([card, own[f"{rate:g}"]]) if large_enough(scores, rate) else card).to_dict()
        for rate, card in card_limits.items()
    }
    profile = {
        "name": name,
        "model": model.name,
        "version": model.version,
        "prevalence": prevalence,
        "shift": shift,
        "limits_by_error_rate": limits,
        "verdict": acceptance.verdict,
        "who": who.strip(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": site.evaluation.record.data,
        "films": acceptance.films,
        "acceptance": acceptance.to_dict(),
    }
    try:
        return SiteProfile.from_dict(profile)
    except ValueError as error:
        raise SettingsError(
            str(error), thing=f"site {name!r}", accepted="accepted is a prevalence from 0.02 to 0.8"
        ) from error
