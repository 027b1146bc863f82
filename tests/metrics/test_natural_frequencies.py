"""Scores as natural frequencies: groups of films that cover [0, 1]."""

import numpy as np

from cxr_core.metrics.natural_frequencies import frequency_table
from cxr_core.metrics.scores import Scores


def test_the_groups_hold_every_film() -> None:
    values = np.linspace(0.01, 0.99, 80)
    labels = (values > 0.5).astype(int)
    table = frequency_table(Scores(labels, values, np.arange(80)))
    assert sum(row.films for row in table) == 80
    assert table[-1].up_to == 1
    assert (table[-1].films, table[-1].pneumonia) == (10, 10)
