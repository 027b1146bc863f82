"""Scores as natural frequencies: groups of films that cover [0, 1]."""

import numpy as np
import pytest

from cxr_core.errors import DataSetError
from cxr_core.metrics.natural_frequencies import frequency_table, frequency_text
from cxr_core.metrics.scores import Scores


def test_the_groups_hold_every_film_and_the_text_counts_them() -> None:
    values = np.linspace(0.01, 0.99, 80)
    labels = (values > 0.5).astype(int)
    table = frequency_table(Scores(labels, values, np.arange(80)))
    assert sum(row["films"] for row in table) == 80
    assert table[-1]["up_to"] == 1
    assert frequency_text(table, 0.97).startswith("Of 10 validation films with a score like this one, 10 had")
    assert "0 had pneumonia" in frequency_text(table, 0.0)
    with pytest.raises(DataSetError, match="no row"):
        frequency_text([], 0.5)
