"""The command line: exit statuses, messages, and the way from films to a published model."""

import json
from pathlib import Path

import pytest

from cxr_core.cli.main import main
from tests.support.command_line import TINY, run_verb
from tests.support.synthetic_chests import write_data_set


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

    split = run_verb("split", data, "--out", tmp_path / "split.csv", "--json", home=cxr_home)
    assert sum(part["films"] for part in json.loads(split.stdout)["splits"].values()) == 96

    trained = run_verb("train", data, *TINY, "--run", tmp_path / "run", "--json", home=cxr_home)
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["status"] == "finished"

    published = run_verb("publish", tmp_path / "run", "--name", "mine", "--json", home=cxr_home)
    assert published.returncode == 0, published.stderr
    assert json.loads(published.stdout)["name"] == "mine"

    names = [row["name"] for row in json.loads(run_verb("models", "--json", home=cxr_home).stdout)]
    assert "mine" in names

    out = tmp_path / "out"
    judged = run_verb("evaluate", data, "--split", "test", "--model", "mine", "--out", out, "--json", home=cxr_home)
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout) == json.loads((out / "metrics.json").read_text())
    assert (out / "predictions.csv").read_text().count("\n") == 17

    film = next((data / "test" / "NORMAL").iterdir())
    read = run_verb(
        *("predict", film, "--model", "mine", "--csv", tmp_path / "r.csv", "--heatmaps", tmp_path / "h", "--json"),
        home=cxr_home,
    )
    assert read.returncode == 0, read.stderr
    assert json.loads(read.stdout)[0]["file"] == str(film)
    assert (tmp_path / "r.csv").read_text().count("\n") == 2
