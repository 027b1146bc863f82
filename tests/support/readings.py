"""A reading to report."""

from datetime import UTC, datetime

import numpy as np

from cxr_core.inference.reading import Reading
from cxr_core.reports.reading_table import ReportedReading

CREATED = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def reported(name: str = "a.jpg", probability: float | None = 0.97, **more: object) -> ReportedReading:
    """A reading of pneumonia with a heatmap; without a probability, one that was not assessable."""
    heat = None if probability is None else np.eye(8, dtype=np.float32)
    verdict = "not_assessable" if probability is None else "pneumonia"
    reading = Reading(name, "f" * 64, verdict, probability, 0.5, ("One.", "Two."), heat, "model", "0123456789ab", 0.1)
    return ReportedReading(reading, **more)  # type: ignore[arg-type]
