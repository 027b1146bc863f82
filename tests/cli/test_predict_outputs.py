"""What `predict` writes: a heatmap for each film, and never a good end without it."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films
from tests.conftest import REPOSITORY

OPACITY = next(film for film in sample_films() if "bacteria" in film.name)
BYTES_FREE = 4_000  # less than an overlay has


def test_no_two_films_get_one_heatmap_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a.jpeg", "a-2.jpeg", "a.jpg", "b/a.jpeg", "a.evidence.jpeg"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(OPACITY, tmp_path / name)
    heat = tmp_path / "heat"
    assert main(["predict", *(str(tmp_path / name) for name in names), "--heatmaps", str(heat), "--json"]) == 0
    heatmaps = [one["heatmap"] for one in json.loads(capsys.readouterr().out)]
    assert len(set(heatmaps)) == len(names)
    assert len(list(heat.iterdir())) == 2 * len(names)


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system has no limit of a file's size")
@pytest.mark.parametrize("output", ["--heatmaps", "--csv", "standard output"])
def test_on_a_full_disk_the_exit_status_is_not_zero(output: str, tmp_path: Path) -> None:
    """A file of more than BYTES_FREE cannot be written, or, where the system has it, `/dev/full`."""
    full = Path("/dev/full")
    if output != "--heatmaps" and not full.exists():
        pytest.skip("the system has no /dev/full")
    options = {"--heatmaps": ["--heatmaps", str(tmp_path / "heat")], "--csv": ["--csv", str(full)]}.get(output, [])
    with (full if output == "standard output" else tmp_path / "out.json").open("wb") as printed:
        done = subprocess.run(
            [sys.executable, "-m", "cxr_core", "predict", str(OPACITY), "--json", *options],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdout=printed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=_limit_files if output == "--heatmaps" else None,
        )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    if output == "--csv":
        assert done.stderr.startswith("/dev/full: the table cannot be written")
    if output == "--heatmaps":
        assert list((tmp_path / "heat").iterdir()) == []
        assert [one["heatmap"] for one in json.loads((tmp_path / "out.json").read_text())] == [None]


def _limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES_FREE, BYTES_FREE))
