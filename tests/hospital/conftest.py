"""What the tests of the hospital package share."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from cxr_core.hospital.answer import Answer
from cxr_core.imaging.film import Film
from cxr_core.inference.reading import Reading

MADE = datetime(2026, 11, 26, 10, 15, tzinfo=UTC)


def an_answer(**changes: Any) -> Answer:
    """An answer "pneumonia", with changes."""
    fields: dict[str, Any] = {
        "verdict": "pneumonia",
        "probability": 0.81,
        "lowest": 0.7,
        "highest": 0.9,
        "prevalence": 0.2,
        "threshold": 0.31,
        "operating_point": "balanced",
        "error_rate": 0.1,
        "reasons": ("Probable pneumonia.", "Averaged over the views."),
        "model": "tiny",
        "version": "0123456789ab",
    }
    return Answer(**fields | changes)


def a_reading(film: Film, **changes: Any) -> Reading:
    """A reading that belongs to `an_answer`."""
    fields: dict[str, Any] = {
        "file": film.name,
        "sha256": film.sha256,
        "verdict": "pneumonia",
        "probability": 0.95,
        "threshold": 0.84,
        "reasons": ("Probable pneumonia.",),
        "heatmap": np.linspace(0, 1, 25, dtype=np.float32).reshape(5, 5),
        "model": "tiny",
        "version": "0123456789ab",
        "seconds": 0.1,
    }
    return Reading(**fields | changes)
