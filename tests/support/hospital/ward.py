"""Films of a ward, for tests: what a node would have kept."""

from typing import Any

from cxr_core.hospital.ward.arrival import Arrival, Identity, Measured

VERSION = "0123456789ab"


def measured(verdict: str = "normal", **changes: Any) -> Measured:
    """Measurements of a film."""
    values: dict[str, Any] = {"logit": -1.0, "brightness": 120.0, "contrast": 60.0, "age": 4.0, "manufacturer": "Test"}
    return Measured(verdict, **values | changes)  # type: ignore[arg-type]


def arrival(number: int = 0, verdict: str = "pneumonia", share: float | None = 0.9, **changes: Any) -> Arrival:
    """A film that was read; of a patient of its own."""
    values: dict[str, Any] = {
        "key": f"{number:024x}",
        "sha256": f"{number:064x}",
        "model": "tiny",
        "version": VERSION,
        "site": "",
        "probability": share,
        "number": share,
        "prevalence": 0.2,
        "measured": measured(verdict),
        "identity": Identity(
            f"Family{number}^Given", f"P{number}", f"A{number}", f"1.2.{number}", "20261126", f"p{number}"
        ),
    }
    return Arrival(**values | changes)
