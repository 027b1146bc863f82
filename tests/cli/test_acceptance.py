"""`evaluate --accept --share` at two sites, and `evaluate --join` of what they shared."""

import json
from pathlib import Path

import pytest

from benchmarks.accuracy.acceptance_coverage import site_scores
from cxr_core.cli.main import main
from tests.support.random_scores import write_scores_csv


def test_two_sites_share_and_are_joined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shared = []
    for number, site in enumerate(("north", "south")):
        scores, out = tmp_path / f"{number}-anna.csv", tmp_path / f"out{number}"
        write_scores_csv(site_scores(number, 120, 0.0, 0.6), scores)
        shared.append(tmp_path / f"{site}.json")
        arguments = ["evaluate", str(scores), "--accept", "--out", str(out)]
        assert main([*arguments, "--share", str(shared[-1]), "--site", site]) == 0
        assert (out / "acceptance.pdf").is_file()
        assert "anna" not in shared[-1].read_text()
    joined = ["evaluate", "--join", *map(str, shared)]
    capsys.readouterr()
    assert main(joined) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["Site", "north", "south"]
    assert main([*joined, "--out", str(tmp_path / "table"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["films_of_all"]["films"] == 240
    assert json.loads((tmp_path / "table" / "sites.json").read_text()) == document
    assert (tmp_path / "table" / "sites.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["here.csv"], "--out"),
        (["--out", "x"], "DATA"),
        (["here.csv", "--accept"], "--out"),
        (["here.csv", "--accept", "--out", "x", "--share", "y.json"], "--site"),
        (["here.csv", "--out", "x", "--share", "y.json", "--site", "north"], "--accept"),
        (["here.csv", "--accept", "--out", "x", "--share", "y.json", "--site", "a/b"], "a/b"),
        (["here.csv", "--join", "y.json"], "--join"),
        (["--join", "no-such.json"], "no-such.json"),
        (["--join", "."], "shared counts"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    arguments: list[str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert named in error
    assert list(tmp_path.iterdir()) == []
