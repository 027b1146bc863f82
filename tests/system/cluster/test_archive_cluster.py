"""An archive that is read on two nodes, one of which is killed at work; and a command that is killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from cxr_core.cluster.archive import read_archive, read_here, read_on
from cxr_core.cluster.archive_table import ArchiveTable
from cxr_core.cluster.ray_cluster import RayCluster
from cxr_core.models.registry import find_model
from tests.conftest import REPOSITORY
from tests.support.command_line import run_verb
from tests.support.waiting import wait_until

FILMS = 96
READINGS = ("file", "sha256", "verdict", "probability", "probability_here", "failure")


@pytest.fixture
def archive(tmp_path: Path, demo_set: Path) -> Path:
    """FILMS readable films, each another file, and one that is none."""
    folder = tmp_path / "archive"
    folder.mkdir()
    films = [film.read_bytes() for film in sorted(demo_set.rglob("*.jpeg"))[:12]]
    for number in range(FILMS):
        (folder / f"{number:03}.jpeg").write_bytes(films[number % 12] + b"\0" * number)
    (folder / "broken.png").write_bytes(b"no film")
    return folder


def table_for(archive: Path, out: Path) -> ArchiveTable:
    model = find_model()
    return ArchiveTable(out, archive, model.name, model.version, None)


def readings(out: Path) -> list[dict[str, Any]]:
    """The rows in order of the list of films, each of which there is once."""
    table = pd.read_parquet(out).sort_values("number", ignore_index=True)
    assert table["number"].tolist() == list(range(FILMS + 1))
    return list(json.loads(table[list(READINGS)].to_json(orient="records")))


def test_a_node_killed_amid_an_archive_loses_and_doubles_nothing(cluster: Any, archive: Path, tmp_path: Path) -> None:
    model, out = find_model(), tmp_path / "table"
    with read_here(model, None) as here:
        read_archive(table_for(archive, tmp_path / "here"), here, print)
    with RayCluster(cluster.address) as connected:
        assert connected.machines() == 2
        table = table_for(archive, out)
        works = read_on(connected, model, None)

        class KillsOneAtWork:
            def run(self, next_task: Any) -> Iterator[tuple[Any, Any]]:
                for number, done in enumerate(works.run(next_task)):
                    if number == 2:  # both nodes have begun others
                        cluster.remove_node(cluster.second, allow_graceful=False)
                    yield done

        assert read_archive(table, KillsOneAtWork(), print) == (FILMS + 1, 1)
    assert readings(out) == readings(tmp_path / "here")
    for node in ("first", "second"):
        assert len(list((tmp_path / node / "caches" / "models").iterdir())) == 1


def test_a_killed_command_goes_on_with_the_next_batch(archive: Path, tmp_path: Path, cxr_home: Path) -> None:
    out = tmp_path / "table"
    command = [sys.executable, "-m", "cxr_core", "read-archive", str(archive), "--out", str(out)]
    begun = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | {"CXR_HOME": str(cxr_home)})
    wait_until(lambda: len(list(out.glob("*.parquet"))) >= 3)
    children = psutil.Process(begun.pid).children()
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
    before = {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}
    done = run_verb("read-archive", archive, "--out", out, "--json", home=cxr_home)
    assert done.returncode == 0, done.stderr
    kept = sum(len(pd.read_parquet(out / name)) for name in before)
    assert json.loads(done.stdout)["read_now"] == FILMS + 1 - kept
    assert before.items() <= {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}.items()
    readings(out)
