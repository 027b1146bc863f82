"""Evaluations and site acceptances as jobs."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import CXRError, NotFound
from cxr_core.evaluation.evaluation import split_label
from cxr_core.evaluation.film_scoring import choose_films
from cxr_core.evaluation.owners import own
from cxr_core.evaluation.run import evaluate_films
from cxr_core.evaluation.score_table import read_scores_csv
from cxr_core.evaluation.site import (
    ACCEPTANCE_VERDICTS,
    SiteAcceptance,
    accept_csv,
    accept_evaluation,
    check_count,
    check_films,
)
from cxr_core.evaluation.store import find_evaluation
from cxr_core.inference.predictor import Predictor
from cxr_core.jobs.job import Job, jobs_folder, list_jobs
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import Reporter
from cxr_core.metrics.acceptance import Acceptance
from cxr_core.models.registry import Model, find_model
from cxr_core.records import Fields, damaged


def start_evaluation(model: Model, index: Index, split: str, account: Account) -> Job:
    """Evaluate a model on one split of a data set, as a job for an account. Raises SettingsError without films."""
    choose_films(index, split)
    title = f"Evaluate {model.name} on {index.root.name}, {split_label(split.rpartition('/')[2])}"
    arguments = (model.name, index.source, split, account)
    return start_job("evaluation", title, f"{__name__}.evaluate_model", arguments, owner=account.id)


def evaluate_model(name: str, data: Path, split: str, account: Account, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_evaluation` does. Raises what `evaluate_films` raises."""
    index = curated(build_index(data, reporter.count("Indexing the films")))
    predictor = Predictor(find_model(name))
    evaluation = evaluate_films(predictor, index, split, reporter.count("Reading the films"))
    own(evaluation, predictor.model, account)
    return {"message": f"Evaluated: {evaluation.title}.", "evaluation": evaluation.id}


def start_acceptance(model: Model, index: Index, account: Account) -> Job:
    """Test a model on a site's films, as a job for an account. Raises DataSetError for too many or no films."""
    choose_films(index, "all")
    check_count(index)
    arguments = (model.name, index.source, account)
    return _start(model, index.root.name, f"{__name__}.accept_site_films", arguments, account)


def start_score_acceptance(model: Model, scores: Path, account: Account) -> Job:
    """Test a model by its scores of a site's films, a CSV, as a job. Raises DataSetError for one that is not valid."""
    read_scores_csv(scores)
    arguments = (model.name, scores.name, scores.read_bytes(), account)
    return _start(model, scores.stem, f"{__name__}.accept_site_scores", arguments, account)


def _start(model: Model, site: str, function: str, arguments: tuple[Any, ...], account: Account) -> Job:
    title = f"Site acceptance of {model.name} on {site}"
    return start_job("acceptance", title, function, arguments, about=model.version, owner=account.id)


def accept_site_films(name: str, data: Path, account: Account, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_acceptance` does. Raises what `accept_films` raises."""
    index = curated(build_index(data, reporter.count("Indexing the films")))
    predictor = Predictor(find_model(name))
    reporter.begin("Comparing the films with those that the model was trained on.")
    check_films(predictor.model, index)
    evaluation = evaluate_films(predictor, index, "all", reporter.count("Reading the films"))
    reporter.begin("Computing the intervals.")
    return _accepted(accept_evaluation(evaluation, predictor.model), predictor.model, index.root.name, account)


def accept_site_scores(
    name: str, file_name: str, content: bytes, account: Account, reporter: Reporter
) -> dict[str, Any]:
    """What the job of `start_score_acceptance` does. Raises what `accept_csv` raises."""
    model = find_model(name)
    reporter.begin("Computing the intervals.")
    with TemporaryDirectory() as folder:
        file = Path(folder) / file_name
        file.write_bytes(content)
        try:
            site = accept_csv(file, model)
        except CXRError as error:
            raise (error.about(file_name) if error.thing == str(file) else error) from error
    return _accepted(site, model, Path(file_name).stem, account)


def _accepted(site: SiteAcceptance, model: Model, data: str, account: Account) -> dict[str, Any]:
    verdict = site.acceptance.verdict
    own(site.evaluation, model, account)
    audit.record(account, "acceptance", model=model.name, verdict=verdict)
    return {
        "message": ACCEPTANCE_VERDICTS[verdict],
        "data": data,
        "evaluation": site.evaluation.id,
        "when": site.evaluation.record.when,
        "acceptance": site.acceptance.to_dict(),
    }


def acceptance_jobs(model: Model) -> list[Job]:
    """The site acceptances of a model that live or have ended, of all users, the newest first."""
    jobs = [job for job in list_jobs() if job.kind == "acceptance" and job.about == model.version]
    return sorted(jobs, key=lambda job: job.requested, reverse=True)


def acceptance_of(job: Job, model: Model) -> SiteAcceptance:
    """The result of a site acceptance of this model that has finished.

    Raises DamagedRecord if it cannot be read, NotFound if its evaluation is gone or was repeated since.
    """
    result = Fields(job.result)
    try:
        acceptance = Acceptance.of(result.part("acceptance"))
        evaluation_id, when = result.text("evaluation"), result.text("when")
    except ValueError as error:
        raise damaged(jobs_folder() / job.id / "job.json", "the result of a site acceptance", str(error)) from error
    evaluation = find_evaluation(evaluation_id, model)
    if evaluation.record.when != when:
        raise NotFound(
            "these films were evaluated again since", thing=job.title, accepted="test the model again for a result"
        )
    return SiteAcceptance(evaluation, acceptance)
