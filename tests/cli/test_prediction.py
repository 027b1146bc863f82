"""The verbs of `cli/prediction.py`."""

import json
import shutil
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films
from tests.support.command_line import run_verb


def test_one_byte_is_refused_with_one_line(tmp_path: Path, cxr_home: Path) -> None:
    (tmp_path / "a.jpg").write_text("x")
    done = run_verb("predict", "a.jpg", home=cxr_home, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "a.jpg" in done.stderr
    assert "JPEG" in done.stderr


def test_a_bad_film_among_good_ones_is_named_and_the_others_are_read(tmp_path: Path, cxr_home: Path) -> None:
    for film in sample_films():
        shutil.copy(film, tmp_path)
    (tmp_path / "a.jpg").write_text("x")
    done = run_verb("predict", tmp_path, "--json", home=cxr_home)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "a.jpg" in done.stderr
    results = json.loads(done.stdout)
    assert len(results) == 6
    keys = {"file", "sha256", "verdict", "probability", "threshold", "reasons", "heatmap", "model", "seconds"}
    keys |= {"prevalence", "probability_here"}
    assert all(set(result) == keys for result in results)


def test_the_released_model_reads_the_real_validation_films(real_films: Path, capsys) -> None:
    assert main(["predict", str(real_films / "chest_xray" / "val"), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    right = sum(r["verdict"] == ("normal" if "/NORMAL/" in r["file"] else "pneumonia") for r in results)
    assert len(results) == 16
    assert right >= 14


def test_two_encodings_of_one_dicom_film_agree(capsys: pytest.CaptureFixture[str]) -> None:
    from pydicom.data import get_testdata_file

    files = [str(get_testdata_file(name)) for name in ("RG1_UNCR.dcm", "RG1_J2KR.dcm")]
    assert main(["predict", *files, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["verdict"] == second["verdict"]
    if first["probability"] is not None:
        assert abs(first["probability"] - second["probability"]) <= 0.01


def test_the_released_model_gets_the_demo_films_right(demo_set: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cxr_core.datasets.demo import read_manifest

    good = [str(demo_set / row.path) for row in read_manifest() if not row.fault]
    assert main(["predict", *good, "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    right = sum(r["verdict"] == ("normal" if "/NORMAL/" in r["file"] else "pneumonia") for r in results)
    given = sum(r["verdict"] in ("pneumonia", "normal") for r in results)
    assert right >= 0.75 * len(good)  # the rest is mostly uncertain
    assert given - right <= 0.1 * given
