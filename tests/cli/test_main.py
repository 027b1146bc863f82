"""The command line as a user meets it: a process, its exit status, its two streams."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films
from cxr_core.datasets.kermany_names import identify
from tests.conftest import REPOSITORY
from tests.support.synthetic_chests import chest, write_data_set

TINY = ["--set", "size=32", "--set", "widths=4", "--set", "epochs=1", "--set", "patience=1"]


def run(*arguments: str | Path, home: Path, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """`python -m cxr_core ...` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cxr_core", *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"CXR_HOME": str(home), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_one_byte_is_refused_with_one_line(tmp_path: Path, cxr_home: Path) -> None:
    (tmp_path / "a.jpg").write_text("x")
    done = run("predict", "a.jpg", home=cxr_home, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "a.jpg" in done.stderr
    assert "JPEG" in done.stderr


def test_a_bad_film_among_good_ones_is_named_and_the_others_are_read(tmp_path: Path, cxr_home: Path) -> None:
    for film in sample_films():
        shutil.copy(film, tmp_path)
    (tmp_path / "a.jpg").write_text("x")
    done = run("predict", tmp_path, "--json", home=cxr_home)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "a.jpg" in done.stderr
    results = json.loads(done.stdout)
    assert len(results) == 6
    keys = {"file", "sha256", "verdict", "probability", "threshold", "reasons", "heatmap", "model", "seconds"}
    assert all(set(result) == keys for result in results)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["predict", "/no/such/film.png"], "/no/such/film.png"),
        (["predict", "film.png", "--model", "nobody"], "film.png"),
        (["index", "/no/such/folder"], "/no/such/folder"),
        (["index", "."], "."),
        (["train", "/no/such/folder"], "/no/such/folder"),
        (["train", ".", "--set", "epochs"], "epochs"),
        (["train", ".", "--set", "epoch=3"], "epoch"),
        (["train", ".", "--recipe", "none"], "none"),
        (["stop", "nothing"], "nothing"),
        (["resume", "nothing"], "nothing"),
        (["publish", "nothing", "--name", "x"], "nothing"),
        (["evaluate", "/no/such/folder", "--out", "out"], "/no/such/folder"),
        (["split", "/no/such/folder", "--out", "x.csv"], "/no/such/folder"),
    ],
)
def test_bad_input_exits_2_with_one_sentence(
    arguments: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert named in err


def test_bad_usage_exits_2_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["predict"])
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_from_films_to_a_published_model(tmp_path: Path, cxr_home: Path) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=20)
    write_data_set(data, patients=4, split="test")

    split = run("split", data, "--out", tmp_path / "split.csv", "--json", home=cxr_home)
    assert sum(part["films"] for part in json.loads(split.stdout)["splits"].values()) == 96

    trained = run("train", data, *TINY, "--run", tmp_path / "run", "--json", home=cxr_home)
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["status"] == "finished"

    published = run("publish", tmp_path / "run", "--name", "mine", "--json", home=cxr_home)
    assert published.returncode == 0, published.stderr
    assert json.loads(published.stdout)["name"] == "mine"

    names = [row["name"] for row in json.loads(run("models", "--json", home=cxr_home).stdout)]
    assert "mine" in names

    out = tmp_path / "out"
    judged = run("evaluate", data, "--split", "test", "--model", "mine", "--out", out, "--json", home=cxr_home)
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout) == json.loads((out / "metrics.json").read_text())
    assert (out / "predictions.csv").read_text().count("\n") == 17

    film = next((data / "test" / "NORMAL").iterdir())
    read = run(
        *("predict", film, "--model", "mine", "--csv", tmp_path / "r.csv", "--heatmaps", tmp_path / "h", "--json"),
        home=cxr_home,
    )
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)[0]["file"] == str(film)
    assert (tmp_path / "r.csv").read_text().count("\n") == 2


def packed_set(folder: Path) -> Path:
    """A `.zip` of made films."""
    return Path(shutil.make_archive(str(folder / "films"), "zip", write_data_set(folder / "chest_xray", 20).parent))


def tabled_set(folder: Path) -> Path:
    """A table beside made films, under names that tell neither class nor patient."""
    rows = ["path,label,patient"]
    films = sorted(write_data_set(folder / "chest_xray", 20).rglob("*.jpeg"))
    for number, film in enumerate(films):
        renamed = film.rename(folder / f"{number}.jpeg")
        rows.append(f"{renamed.name},{film.parent.name},{identify(film.name).number}")
    (folder / "films.csv").write_text("\n".join(rows))
    return folder / "films.csv"


def array_set(folder: Path) -> Path:
    """A MedMNIST file of made films."""
    arrays = {}
    for split in ("train", "val"):
        films = np.stack([chest(seed, pneumonia=seed % 2 == 1, side=28) for seed in range(40)])
        arrays |= {f"{split}_images": films, f"{split}_labels": np.arange(40)[:, None] % 2}
    np.savez(folder / "films.npz", **arrays)
    return folder / "films.npz"


@pytest.mark.parametrize("make", [tabled_set, packed_set, array_set])
def test_every_source_that_is_indexed_is_trained_on(make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(make(tmp_path)), *TINY, "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["status"] == "finished"
    split = pd.read_csv(Path(trained["folder"]) / "split.csv")
    assert split.groupby("patient")["split"].nunique().max() == 1
    assert trained["train_films"] == (split["split"] == "train").sum() > 20


def test_runs_of_an_empty_home(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_demo_set_is_written_and_indexed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo-data", str(tmp_path / "demo"), "--json"]) == 0
    folder = json.loads(capsys.readouterr().out)["folder"]
    assert main(["index", folder, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert set(summary["splits"]) == {"train", "val", "test"}
    found = {name: finding["films"] for name, finding in summary["findings"].items()}
    assert found == {
        **dict.fromkeys(("empty", "not_an_image", "truncated", "tiny"), 1),
        **dict.fromkeys(("unreadable", "two_classes"), 0),
        "exact_duplicates": 4,
        "two_splits": 2,
    }
    assert len(summary["faults"]) == 3


def test_the_index_looks_at_pixels_and_asks_the_gate_when_told_to(
    demo_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(demo_set), "--pixels", "--gate"]) == 0
    told = capsys.readouterr().out
    for line in ("Exact duplicates: 4 files in 2 groups", "Colour: 1 file", "Inverted: 1 file", "Unreadable: 0 files"):
        assert f"    {line}\n" in told
    assert "Not a frontal chest film: 1 file" in told  # the tiny one
    assert "not looked for" not in told
    assert main(["index", str(demo_set)]) == 0
    assert "not looked for without --gate" in capsys.readouterr().out


def test_on_the_real_films(real_films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(real_films / "chest_xray"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["splits"]["train"]["classes"] == {"NORMAL": 1341, "PNEUMONIA": 3875}
    assert summary["splits"]["val"]["classes"] == {"NORMAL": 8, "PNEUMONIA": 8}
    assert (summary["kinds"]["bacterial"], summary["kinds"]["viral"]) == (2538, 1345)
    assert summary["patients_in_two_splits"] == []


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
    assert right >= 0.85 * len(good)
