"""Hundreds of damaged and hostile inputs: each is read, or refused by one sentence, in bounded memory; none hangs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

HANGS_AFTER = 3_000
MOST_BYTES = 2_000_000_000


@pytest.mark.parametrize(("kind", "least"), [("files", 500), ("archives", 60), ("tables", 60), ("models", 40)])
def test_hostile_inputs_are_refused(kind: str, least: int, tmp_path: Path, cxr_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile_inputs", kind, str(tmp_path / kind)],
        cwd=REPOSITORY,
        env=os.environ | {"CXR_HOME": str(cxr_home)},
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    result = json.loads(done.stdout.splitlines()[-1])
    assert len(result["outcomes"]) >= least
    assert "Traceback" not in done.stderr
    assert not [name for name, outcome in result["outcomes"].items() if outcome.startswith("several lines")]
    assert sum(outcome != "read" for outcome in result["outcomes"].values()) >= least // 4
    assert result["peak"] < MOST_BYTES
    assert not list(tmp_path.rglob("x.jpeg"))
