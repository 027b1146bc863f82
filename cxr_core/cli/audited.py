"""What a verb leaves in the audit log of a server with sign-in: the same events as the pages, by the system's user."""

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from cxr_core import audit
from cxr_core.access import LOCAL, Account, sign_in_settings

if TYPE_CHECKING:
    from cxr_core.hospital.film_reader import Refused, Results
    from cxr_core.hospital.spool import SpooledFilm
    from cxr_core.inference.reading import Reading
    from cxr_core.models.registry import Model

WRITES = {
    "cluster.read_archive_films": ("export", ("out",)),
    "datasets.split_data": ("export", ("out",)),
    "folds.run_folds": ("export", ("out",)),
    "models.evaluate_model": ("export", ("out", "share")),
    "ward.compare_shadow": ("export", ("out",)),
    "upkeep.backup": ("export", ("out",)),
    "upkeep.restore": ("setting", ("backup",)),
    "prediction.predict_films": ("export", ("csv", "heatmaps", "fhir", "send")),
}
"""The event of a verb, and the options with which it writes or sends results."""


def record_verb(options: argparse.Namespace) -> None:
    """Append what a verb that has ended well did; nothing for one that only reads or trains, or without sign-in.

    Raises WorkError if it cannot be stored, SettingsError for an `access.toml` that cannot be used.
    """
    if events := _events(options):
        user = system_account()
        for event, what in events:
            audit.record(user, event, what=what, verb=str(options.verb).partition(".")[2])


def system_account() -> Account:
    """The system's user as an account, on a server with sign-in; else the user of this machine, who leaves no lines.

    Raises SettingsError for an `access.toml` that cannot be used.
    """
    if sign_in_settings() is None:
        return LOCAL
    return Account(f"uid-{os.getuid() if hasattr(os, 'getuid') else 0}", name="the user of the command line")


def reading_recorder() -> "Callable[[Reading], None]":
    """A function that appends a reading, before it is given out. Raises SettingsError; the function WorkError."""
    user = system_account()

    def record(one: "Reading") -> None:
        audit.record(user, "reading", sha256=one.sha256, model=one.model, version=one.version, verdict=one.verdict)

    return record


def recorded(
    read: "Callable[[SpooledFilm], Results | Refused]", model: "Model"
) -> "Callable[[SpooledFilm], Results | Refused]":
    """What reads a film of the DICOM node, and appends each reading before its results are sent. Raises SettingsError.

    The function also raises WorkError.
    """
    user = system_account()

    def read_and_record(film: "SpooledFilm") -> "Results | Refused":
        from cxr_core.hospital.film_reader import Refused

        found = read(film)
        if not isinstance(found, Refused):
            of_model = {"model": model.name, "version": model.version}
            audit.record(user, "reading", sha256=found.sha256, verdict=found.verdict, **of_model)
        return found

    return read_and_record


def _events(options: argparse.Namespace) -> list[tuple[str, str]]:
    given = vars(options)
    event, writers = WRITES.get(options.verb, ("", ()))
    events = [(event, name) for name in writers if given.get(name)]
    if options.verb == "models.evaluate_model" and options.accept:
        events.append(("acceptance", "site acceptance"))
    if options.verb == "upkeep.upgrade":
        events.append(("setting", "upgrade"))
    if options.verb == "ward.compare_shadow":
        events.append(("acceptance", "shadow mode"))
    if options.verb == "models.publish_run":
        events.append(("publish", "conversion" if options.convert else "run"))
    if options.verb == "models.show_models":
        events += [("export", "model")] if options.export else [("publish", "import")] if options.archive else []
    return events
