"""The films of a data set that the gate refuses.

The gate's results are stored under `CXR_HOME` by the sha256 of the file and of the gate, so that each content is
checked once, wherever the file is, and again only by another gate.
"""

import hashlib
import io
from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.access import Account
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.quality.issues import DatasetIssue, counted, issue_films
from cxr_core.errors import UnreadableFilm
from cxr_core.files import locked, read_sealed, seal, store_file
from cxr_core.imaging.decode import decode_film
from cxr_core.inference.gate.gate import SHIPPED, Gate, shipped_gate
from cxr_core.inference.gate.gate_card import GateCard
from cxr_core.jobs.job import Job
from cxr_core.jobs.start import start_job
from cxr_core.jobs.work import Reporter
from cxr_core.parallel import map_in_order
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress

_REPORT_EVERY = 32  # films


def run_gate(index: Index, progress: Progress | None = None) -> None:
    """Run the gate on every readable film without a stored result, and store the results.

    `progress(done, total)` counts films. If it stops half-way, the results so far are stored. Raises WorkError if the
    gate cannot be loaded or the results cannot be stored.
    """
    store = _store()
    reasons = _read(store)
    new = _unchecked(index, reasons).drop_duplicates("sha256")
    gate = shipped_gate() if len(new) else None
    films = ((index.root / path, sha) for path, sha in zip(new["path"], new["sha256"], strict=True))
    try:
        checked = map_in_order(lambda film: _refusal(*film, gate), films)
        for done, (sha, reason) in enumerate(zip(new["sha256"], checked, strict=True), start=1):
            if reason is not None:
                reasons[sha] = reason
            if progress and (done % _REPORT_EVERY == 0 or done == len(new)):
                progress(done, len(new))
    finally:
        if len(new):
            _write(store, reasons)


def start_audit(index: Index, account: Account) -> Job:
    """`run_gate` as a job for an account. Raises WorkError if it cannot be started."""
    title, function = f"Audit {index.root.name} with the input gate", f"{__name__}.audit"
    return start_job("audit", title, function, (index.source,), about=index.fingerprint, owner=account.id)


def audit(data: Path, reporter: Reporter) -> dict[str, Any]:
    """What the job of `start_audit` does. Raises what `run_gate` raises."""
    index = build_index(data, reporter.count("Indexing the films"))
    run_gate(index, reporter.count("Checking with the input gate"))
    return {"message": refused_films(index).message}


def refused_films(index: Index) -> DatasetIssue:
    """The readable films with a stored refusal, the reason as their detail.

    Films whose pixels cannot be read are another issue and not included.
    """
    films = index.readable
    reasons = _read(_store())
    refusal = pd.Series([reasons.get(sha, "") for sha in films["sha256"]], films.index, dtype=str)
    refused = films[refusal != ""]
    message = (
        f"{counted(len(refused), 'film')} that Diagnose would refuse to read; the detail gives the reason. The gate "
        "sometimes refuses a good film: look at a film before you remove it."
    )
    return DatasetIssue(
        "not_frontal", "Not a frontal chest film", message, issue_films(refused, detail=refusal[refused.index])
    )


def count_unchecked(index: Index) -> int:
    """The number of readable films without a stored result."""
    return len(_unchecked(index, _read(_store())))


def _unchecked(index: Index, reasons: dict[str, str]) -> pd.DataFrame:
    return index.readable[~index.readable["sha256"].isin(reasons)]


def _refusal(file: Path, sha256: str, gate: Gate | None) -> str | None:
    """The reason for a refusal; "" for a film that passed or cannot be decoded.

    None if the file cannot be read now or is not the one that was indexed.
    """
    try:
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            return None
        film = decode_film(content, file.name)
    except UnreadableFilm:
        return ""
    except OSError:
        return None
    (admission,) = (gate or shipped_gate()).admit([film])
    return admission.refusal.reason if admission.refusal else ""


def _store() -> Path:
    gate = GateCard.read(SHIPPED / "card.json").sha256
    return cache_folder("gate") / f"{gate[:16]}.feather"


def _read(store: Path) -> dict[str, str]:
    """The stored results by sha256: the reason for a refusal, "" for a film that passed or cannot be decoded."""
    content = read_sealed(store)
    if content is None:
        return {}
    table = pd.read_feather(io.BytesIO(content))
    return dict(zip(table["sha256"], table["refusal"], strict=True))


def _write(store: Path, reasons: dict[str, str]) -> None:
    """Add results to what the file holds now: another process may have added others meanwhile."""
    with locked(store):
        reasons = _read(store) | reasons
        with store_file(store, "the gate's results") as part:
            pd.DataFrame({"sha256": list(reasons), "refusal": list(reasons.values())}).to_feather(part)
            seal(part)
