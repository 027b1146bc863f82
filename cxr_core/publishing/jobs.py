"""Publishing a run, and converting a model for reading, as jobs. Starting one imports neither TensorFlow nor Keras."""

from pathlib import Path
from typing import Any

from cxr_core import audit
from cxr_core.access import LOCAL, Account
from cxr_core.bin import set_owner
from cxr_core.jobs.device_queue import this_machine
from cxr_core.jobs.job import Job
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import Reporter
from cxr_core.models.registry import Model, check_name, find_model, list_models, taken
from cxr_core.training.runs import Run

CONVERTS = {"KERAS_BACKEND": "tensorflow"}
"""Networks trained on any backend are converted by TensorFlow."""


def start_publishing(run: Run, name: str, account: Account) -> Job:
    """Publish a run as a job for an account, whose the model then is.

    Raises SettingsError for an invalid or taken name, WorkError if the job cannot be started.
    """
    check_name(name)
    if name in [model.name for model in list_models()]:
        raise taken(name)
    function, title = f"{__name__}.publish_run", f"Publish {run.name} as {name}"
    more: dict[str, Any] = {"device": this_machine(), "environment": CONVERTS, "owner": account.id}
    return start_job("publishing", title, function, (run, name, account), about=run.id, **more)


def publish_run(run: Run, name: str, account: Account, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_publishing` does. Raises what `publish` raises."""
    from cxr_core.publishing.publish import publish

    model = publish(run, name, activity=reporter.begin)
    if not account.is_local:
        set_owner(model.folder, account.id)
        audit.record(account, "publish", model=model.name, version=model.version)
    message = f"Published {model.name}, version {model.version}. It is on the Models and Diagnose pages."
    return {"message": message, "model": model.name, "version": model.version}


def start_conversion(model: Model, data: Path | None = None, account: Account = LOCAL) -> Job:
    """Convert a model for reading, as a job for an account.

    data: the films that it was trained on; by default where this machine has opened them. Raises InputError if they or
    their split table are not on this machine, WorkError if the job cannot be started.
    """
    from cxr_core.publishing.convert import films_to_compare

    films_to_compare(model, data)
    function, title = f"{__name__}.convert_published", f"Convert {model.name} for reading"
    more: dict[str, Any] = {"device": this_machine(), "environment": CONVERTS, "owner": account.id}
    return start_job("conversion", title, function, (model.name, data), about=model.version, **more)


def convert_published(name: str, data: Path | None, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_conversion` does. Raises what `convert_model` raises."""
    from cxr_core.publishing.convert import convert_model

    model = convert_model(find_model(name), data, reporter.count("Decoding the films"), reporter.begin)
    assert model.card.conversion
    compared, difference = model.card.conversion.compared_on, model.card.conversion.largest_logit_difference
    message = f"Converted {model.name}: over {compared} no logit differs by more than {difference:.1e}."
    return {"message": message, "model": model.name, "version": model.version}
