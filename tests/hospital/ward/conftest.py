"""Fixtures of the ward's tests."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cxr_core.hospital.spool import Spool
from tests.support.hospital.ward import VERSION


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """An empty spool, whose folder the ward's table lies in."""
    with closing(Spool(tmp_path / "hospital", VERSION)) as spool:
        yield spool
