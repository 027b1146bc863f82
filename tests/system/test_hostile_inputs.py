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
def test_hostile_inputs_are_refused(kind: str, least: int, tmp_path: Path) -> None:
    outcomes = outcomes_of(kind, tmp_path)
    assert len(outcomes) >= least
    assert not [name for name, outcome in outcomes.items() if outcome.startswith("several lines")]
    assert sum(outcome != "read" for outcome in outcomes.values()) >= least // 4
    assert not list(tmp_path.rglob("x.jpeg"))


def test_damaged_homes_are_opened_and_the_damage_is_named(tmp_path: Path, trained_home: Path) -> None:
    outcomes = outcomes_of("homes", tmp_path, trained_home)
    assert len(outcomes) >= 40
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "named"} == {}


def outcomes_of(kind: str, folder: Path, *more: Path) -> dict[str, str]:
    """How reading each input went, in a process that must end well, in time and in bounded memory."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile.inputs", kind, str(folder / kind), *map(str, more)],
        cwd=REPOSITORY,
        env=os.environ | {"CXR_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "Traceback" not in done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["peak"] < MOST_BYTES
    outcomes: dict[str, str] = result["outcomes"]
    return outcomes
