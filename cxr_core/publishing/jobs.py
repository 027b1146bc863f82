"""Publishing a run as a job. Starting it imports neither TensorFlow nor Keras."""

from typing import Any

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.bin import set_owner
from cxr_core.errors import SettingsError
from cxr_core.jobs.device_queue import this_machine
from cxr_core.jobs.job import Job
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import Reporter
from cxr_core.models.registry import check_name, list_models
from cxr_core.training.runs import Run

CONVERTS = {"KERAS_BACKEND": "tensorflow"}
"""Networks trained on any backend are converted by TensorFlow."""


def start_publishing(run: Run, name: str, account: Account) -> Job:
    """Publish a run as a job for an account, whose the model then is.

    Raises SettingsError for an invalid or taken name, WorkError if the job cannot be started.
    """
    check_name(name)
    if name in [model.name for model in list_models()]:
        raise SettingsError(f"name {name!r}: is taken; another name is accepted.")
    function, title = f"{__name__}.publish_run", f"Publish {run.name} as {name}"
    return start_job(
        "publishing", title, function, (run, name, account), about=run.id, device=this_machine(), environment=CONVERTS
    )


def publish_run(run: Run, name: str, account: Account, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_publishing` does. Raises what `publish` raises."""
    from cxr_core.publishing.publish import publish

    model = publish(run, name, activity=reporter.begin)
    if not account.is_local:
        set_owner(model.folder, account.id)
        audit.record(account, "publish", model=model.name, version=model.version)
    message = f"Published {model.name}, version {model.version}. It is on the Models and Diagnose pages."
    return {"message": message, "model": model.name, "version": model.version}
