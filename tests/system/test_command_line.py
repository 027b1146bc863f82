"""The verbs in processes of their own, from films to a published model that reads a film."""

import json
from pathlib import Path

from tests.support.command_line import TINY, run_verb
from tests.support.synthetic_chests import write_data_set


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
