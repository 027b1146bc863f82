"""The test ledger of this machine: told at every evaluation on a test split, quoted beside every test figure."""

from dataclasses import dataclass
from typing import Any

from cxr_core.evaluation.store import Evaluation
from cxr_core.evaluation.test_log import TestSetAccess, openings, record_access
from cxr_core.paths import home


@dataclass(frozen=True)
class AccessCount:
    """How often these test films were opened: by anything, and by this system."""

    in_all: int
    by_this: int

    @property
    def sentence(self) -> str:
        """For beside the figure."""
        if self.in_all == 0:
            return "This machine's ledger holds no opening of these test films."
        often = "once" if self.in_all == 1 else f"{self.in_all} times"
        own = "once" if self.by_this == 1 else f"{self.by_this} times"
        told = f"These test films were opened {often} on this machine, {own} for this system."
        if self.in_all > 1:
            told += " Each look that changes what is done next makes the figures flatter."
        return told


def record_test(evaluation: Evaluation, sha256: str) -> None:
    """Write an evaluation on a test split into `$CXR_HOME/test_ledger.jsonl`. Raises WorkError."""
    record_test_figures(evaluation.metrics, sha256)


def record_test_figures(metrics: dict[str, Any], sha256: str) -> None:
    """The same, from the contents of `metrics.json`."""
    fingerprint = metrics["data"]["films_fingerprint"]
    figures = {name: [figure[key] for key in ("value", "low", "high")] for name, figure in metrics["figures"].items()}
    record_access(home(), TestSetAccess(sha256, fingerprint, metrics["split"], figures))


def told(evaluation: Evaluation) -> dict[str, Any]:
    """What the ledger says now, for `metrics.json`."""
    found = times_opened(evaluation)
    return {"openings": found.in_all, "openings_by_this_system": found.by_this, "sentence": found.sentence}


def times_opened(evaluation: Evaluation) -> AccessCount:
    """What the ledger says of the films of an evaluation. Raises WorkError if it is damaged."""
    fingerprint = evaluation.metrics["data"].get("films_fingerprint")
    of_these = [one for one in openings(home()) if one.data_fingerprint == fingerprint]
    return AccessCount(len(of_these), sum(one.model_sha256.startswith(evaluation.version) for one in of_these))
