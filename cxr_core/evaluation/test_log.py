"""The test log: how often each test set was accessed, by which model, and with which estimates.

`$CXR_HOME/test_ledger.jsonl`, one line of JSON per access; lines are only ever appended. Repeated accesses make test
estimates optimistic, so every test estimate is shown together with their number.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cxr_core.errors import DamagedRecord, WorkError, reason_of, work_error
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.record import EvaluationRecord
from cxr_core.files import locked
from cxr_core.paths import home
from cxr_core.records import Fields

LOG = "test_ledger.jsonl"


@dataclass(frozen=True)
class AccessRecord:
    """One evaluation on a test set; the fields are the keys of a line.

    figures: the estimates, JSON-ready. time: ISO 8601 in UTC, now unless given.
    """

    model_sha256: str
    data_fingerprint: str
    split: str
    figures: dict[str, Any]
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass(frozen=True)
class AccessCount:
    """How often the test films of an evaluation were accessed: in total, and by its system."""

    total: int
    by_this_system: int

    @property
    def message(self) -> str:
        """The counts in words, to show next to test estimates."""
        if self.total == 0:
            return "This machine's test log has no access to these test films."
        total = "once" if self.total == 1 else f"{self.total} times"
        by_this_system = "once" if self.by_this_system == 1 else f"{self.by_this_system} times"
        text = f"These test films were accessed {total} on this machine, {by_this_system} by this system."
        if self.total > 1:
            text += " Changes made after seeing test results make later test results optimistic."
        return text

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, for `metrics.json`."""
        return {"openings": self.total, "openings_by_this_system": self.by_this_system, "sentence": self.message}


def record_test_evaluation(evaluation: Evaluation, sha256: str) -> None:
    """Append an evaluation on a test split to the log. sha256: of the model or score file. Raises WorkError."""
    record_test_metrics(evaluation.record, sha256)


def record_test_metrics(record: EvaluationRecord, sha256: str, films: str | None = None) -> None:
    """Append the estimates of an evaluation to the log.

    films: the fingerprint of its test films; None if they are all of its films. Raises WorkError.
    """
    estimates = {name: [one.value, one.low, one.high] for name, one in record.metrics.estimates.items()}
    record_access(home(), AccessRecord(sha256, films or record.films_fingerprint, record.split, estimates))


def count_accesses(evaluation: Evaluation) -> AccessCount:
    """How often the films of an evaluation were accessed. Raises WorkError if the log is damaged."""
    fingerprint = evaluation.record.films_fingerprint
    of_these = [one for one in read_test_accesses(home()) if one.data_fingerprint == fingerprint]
    return AccessCount(len(of_these), sum(one.model_sha256.startswith(evaluation.version) for one in of_these))


def record_access(folder: Path, access: AccessRecord) -> None:
    """Append one line to the log in a folder, which is created if needed.

    Raises WorkError if it cannot be written, ValueError if the estimates contain NaN.
    """
    line = (json.dumps(asdict(access), allow_nan=False) + "\n").encode()
    file = folder / LOG
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(file):
            # One write to a file opened for appending, so that a process that ends here leaves no half of a line.
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                if not _ends_with_a_line(file):
                    line = b"\n" + line  # after a line that was cut short, so that only that one is damaged
                written = os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
    except OSError as error:
        raise work_error(file, "the test log cannot be written", error) from error
    if written < len(line):
        raise WorkError("the disk is full, so that the last line of the test log is incomplete", thing=file)


def read_test_accesses(folder: Path, model_sha256: str | None = None) -> list[AccessRecord]:
    """The logged accesses, oldest first; of one model, or of all without `model_sha256`.

    Raises WorkError for a line that cannot be read: a log that skips lines would count too few.
    """
    file = folder / LOG
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        problem = f"the test log cannot be read ({reason_of(error)})"
        raise DamagedRecord(problem, thing=file, accepted="restore it") from error
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_access(Fields(json.loads(line))))
        except (ValueError, RecursionError) as error:
            raise DamagedRecord(
                f"line {number} is not an entry of the test log", thing=file, accepted="correct or remove it"
            ) from error
    return [access for access in found if model_sha256 in (None, access.model_sha256)]


def _access(fields: Fields) -> AccessRecord:
    return AccessRecord(
        model_sha256=fields.text("model_sha256"),
        data_fingerprint=fields.text("data_fingerprint"),
        split=fields.text("split"),
        figures=fields.part("figures").values,
        time=fields.optional_text("time") or "",
    )


def _ends_with_a_line(file: Path) -> bool:
    with file.open("rb") as log:
        size = log.seek(0, os.SEEK_END)
        log.seek(max(0, size - 1))
        return log.read(1) in (b"", b"\n")
