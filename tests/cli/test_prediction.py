"""The verbs of `cli/prediction.py`."""

import json
import os
import shutil
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import SiteProfile, store_profile
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
    verdicts = [("normal" if "/NORMAL/" in r["file"] else "pneumonia", r["verdict"]) for r in results]
    assert len(results) == 16
    assert sum(truth == verdict for truth, verdict in verdicts) >= 12
    assert all(verdict in (truth, "uncertain") for truth, verdict in verdicts)


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


@pytest.mark.skipif(os.name != "posix", reason="file names of any bytes are POSIX's")
def test_heatmaps_of_names_that_are_not_utf8(tmp_path: Path, cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = next(film for film in sample_films() if "bacteria" in film.name)
    folder = tmp_path / "films"
    folder.mkdir()
    names = [b"caf\xe9.jpeg", b"caf\xe9.jpg", b"x" * 240 + b".jpeg"]
    for name in names:
        shutil.copy(film, os.fsencode(folder) + b"/" + name)
    csv_file = tmp_path / "out.csv"
    done = run_verb("predict", folder, "--heatmaps", tmp_path / "heat", "--csv", csv_file, "--json", home=cxr_home)
    assert (done.returncode, done.stderr) == (0, "")
    heatmaps = [result["heatmap"] for result in json.loads(done.stdout)]
    assert len(set(heatmaps)) == 3
    assert all(Path(heatmap).is_file() for heatmap in heatmaps)
    assert b"caf\xe9.jpeg" in csv_file.read_bytes()
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    plain = run_verb("predict", folder, home=cxr_home)
    assert (plain.returncode, plain.stderr) == (0, "")
    assert "caf\\udce9.jpeg: pneumonia" in plain.stdout


def test_a_heatmap_that_cannot_be_written_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = next(film for film in sample_films() if "bacteria" in film.name)
    real = Path.write_bytes

    def full_disk(path: Path, data: bytes) -> int:
        if path.name.endswith(".part"):
            raise OSError(28, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    assert main(["predict", str(film), "--heatmaps", str(tmp_path / "heat"), "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["heatmap"] is None
    assert "No space left on device" in captured.err
    assert captured.err.count("\n") == 1
    assert list((tmp_path / "heat").iterdir()) == []


def test_the_csv_of_readings_has_no_formula(tmp_path: Path, cxr_home: Path) -> None:
    shutil.copy(sample_films()[0], tmp_path / "=1+1.jpeg")
    assert run_verb("predict", "=1+1.jpeg", "--csv", "out.csv", home=cxr_home, cwd=tmp_path).returncode == 0
    assert "'=1+1.jpeg," in (tmp_path / "out.csv").read_text()


def test_films_are_read_by_a_sites_profile(cxr_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film, model = str(sample_films()[0]), find_model()
    assert main(["predict", film, "--site", "north"]) == 2
    assert "site 'north': has no profile" in capsys.readouterr().err
    values = {"name": "north", "model": model.name, "version": model.version, "prevalence": 0.4, "shift": 0.0}
    values |= {"limits_by_error_rate": {}, "verdict": "fit", "who": "A", "when": "2026-01-02", "data": "d", "films": 90}
    store_profile(SiteProfile.from_dict(values))
    assert main(["predict", film, "--site", "north", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert result["prevalence"] == 0.4
    assert result["reasons"][-1] == "By the profile of site north, 90 films, 2026-01-02, A."
    assert main(["predict", film, "--site", "north", "--fhir", str(cxr_home / "fhir"), "--json"]) == 0
    (report,) = (file.read_text() for file in (cxr_home / "fhir").iterdir())
    assert "at a prevalence of 40%" in report
    assert "By the profile of site north" in report
    store_profile(SiteProfile.from_dict(values | {"version": "another"}))
    assert main(["predict", film, "--site", "north", "--fhir", str(cxr_home / "fhir")]) == 2
    assert main(["node", "--from", "A@127.0.0.1", "--to", "B@127.0.0.1:104", "--site", "north"]) == 2
    assert main(["predict", film, "--site", "north"]) == 2
    assert capsys.readouterr().err.count("accept the model there first") == 3
