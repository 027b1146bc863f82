"""What a verb leaves in the audit log of a server with sign-in: the same events as the pages, by the system's user."""

import argparse
import os

from cxr_core import audit
from cxr_core.access import Account, sign_in_settings

WRITES = {
    "cluster.read_archive_films": ("export", ("out",)),
    "datasets.split_data": ("export", ("out",)),
    "folds.run_folds": ("export", ("out",)),
    "models.evaluate_model": ("export", ("out", "share")),
    "prediction.predict_films": ("export", ("csv", "heatmaps", "fhir", "send")),
}
"""The event of a verb, and the options with which it writes or sends results."""


def record_verb(options: argparse.Namespace) -> None:
    """Append what a verb that has ended well did; nothing for one that only reads or trains, or without sign-in.

    Raises WorkError if it cannot be stored, SettingsError for an `access.toml` that cannot be used.
    """
    events = _events(options)
    if not events or sign_in_settings() is None:
        return
    user = Account(f"uid-{os.getuid() if hasattr(os, 'getuid') else 0}", name="the user of the command line")
    for event, what in events:
        audit.record(user, event, what=what, verb=str(options.verb).partition(".")[2])


def _events(options: argparse.Namespace) -> list[tuple[str, str]]:
    given = vars(options)
    event, writers = WRITES.get(options.verb, ("", ()))
    events = [(event, name) for name in writers if given.get(name)]
    if options.verb == "models.evaluate_model" and options.accept:
        events.append(("acceptance", "site acceptance"))
    if options.verb == "models.publish_run":
        events.append(("publish", "conversion" if options.convert else "run"))
    if options.verb == "models.show_models":
        events += [("export", "model")] if options.export else [("publish", "import")] if options.archive else []
    return events
