"""The films of a split, or a message that names the accepted splits."""

from pathlib import Path

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError
from cxr_core.evaluation.film_scoring import choose_films
from tests.support.synthetic_chests import write_data_set


@pytest.mark.parametrize(
    ("split", "message"),
    [("dev", "accepted are"), ("val", "has no films"), ("none.csv:test", "none.csv"), ("", "split ''")],
)
def test_a_bad_split_is_refused(tmp_path: Path, split: str, message: str) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=2, split="test"))
    with pytest.raises(DataSetError, match=message):
        choose_films(index, split)
