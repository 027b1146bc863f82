"""Upgrade of the home folder from the version before: records of schema 1 are written in today's schema.

Nothing else needs it: records are migrated whenever they are read, and tables get their new columns when they are
opened. After an upgrade the version before can no longer read the records.
"""

from dataclasses import dataclass
from pathlib import Path

from cxr_core.errors import CXRError, work_error
from cxr_core.files import locked
from cxr_core.paths import home_path
from cxr_core.records import damaged, migrate, read_object, write_object

RECORDS = {
    "models/*/card.json": "a model's card",
    "models/*/evaluations/*.json": "a stored evaluation",
    "evaluations/*/*.json": "a stored evaluation",
    "runs/*/config.json": "a run's configuration",
    "runs/*/state.json": "a run's state",
    "jobs/*/job.json": "a job",
    "sites/*.json": "a site profile",
}
"""The records of earlier versions, by their places below the home folder."""


@dataclass(frozen=True)
class Upgraded:
    """records: that are there. changed: that were of an earlier schema. messages: on those that cannot be read."""

    records: int
    changed: int
    messages: tuple[str, ...]


def upgrade() -> Upgraded:
    """Write every record of an earlier schema in today's. A second call changes nothing.

    Raises WorkError if one cannot be written.
    """
    records, changed, messages = 0, 0, []
    for pattern, what in RECORDS.items():
        for file in sorted(home_path().glob(pattern)):
            try:
                changed += _upgraded(file, what)
                records += 1
            except CXRError as error:
                messages.append(str(error))
    return Upgraded(records, changed, tuple(messages))


def _upgraded(file: Path, what: str) -> bool:
    with locked(file):
        before = read_object(file, what)
        try:
            after = migrate(before)
        except ValueError as error:
            raise damaged(file, what, str(error)) from error
        if after == before:
            return False
        try:
            write_object(file, after)
        except OSError as error:
            raise work_error(file, "cannot be upgraded", error) from error
    return True
