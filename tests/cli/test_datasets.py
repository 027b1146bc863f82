"""The verbs of `cli/datasets.py`."""

import json
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.curation import change_films
from cxr_core.datasets.index import build_index
from tests.support.synthetic_films import kaggle_folder


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


def test_the_index_analyses_pixels_and_uses_the_gate_on_request(
    demo_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(demo_set), "--pixels", "--gate"]) == 0
    printed = capsys.readouterr().out
    for line in ("Exact duplicates: 4 files in 2 groups", "Colour: 1 file", "Inverted: 1 file", "Unreadable: 0 files"):
        assert f"    {line}\n" in printed
    assert "Not a frontal chest film: 1 file" in printed  # the tiny one
    assert "not checked" not in printed
    assert main(["index", str(demo_set)]) == 0
    assert "not checked without --gate" in capsys.readouterr().out


def test_on_the_real_films(real_films: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", str(real_films / "chest_xray"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["splits"]["train"]["classes"] == {"NORMAL": 1341, "PNEUMONIA": 3875}
    assert summary["splits"]["val"]["classes"] == {"NORMAL": 8, "PNEUMONIA": 8}
    assert (summary["kinds"]["bacterial"], summary["kinds"]["viral"]) == (2538, 1345)
    assert summary["patients_in_two_splits"] == []


def test_a_split_uses_what_people_decided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = kaggle_folder(tmp_path / "set", 6)
    index = build_index(data)
    excluded = index.films["sha256"].iloc[0]
    change_films(index, "exclude", [excluded], "blurred")
    assert main(["split", str(data), "--out", str(tmp_path / "split.csv"), "--json"]) == 0
    assert (
        json.loads(capsys.readouterr().out)["decisions"] == "Decisions on the Dataset page are used: films 1 excluded."
    )
    assert excluded not in (tmp_path / "split.csv").read_text()
