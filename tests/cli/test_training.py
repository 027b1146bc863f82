"""The verbs of `cli/training.py`."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.kermany_names import identify
from tests.support.command_line import TINY
from tests.support.synthetic_chests import chest, write_data_set


def packed_set(folder: Path) -> Path:
    """A `.zip` of synthetic films."""
    return Path(shutil.make_archive(str(folder / "films"), "zip", write_data_set(folder / "chest_xray", 20).parent))


def tabled_set(folder: Path) -> Path:
    """A table of synthetic films, whose names show neither class nor patient."""
    rows = ["path,label,patient"]
    films = sorted(write_data_set(folder / "chest_xray", 20).rglob("*.jpeg"))
    for number, film in enumerate(films):
        renamed = film.rename(folder / f"{number}.jpeg")
        rows.append(f"{renamed.name},{film.parent.name},{identify(film.name).number}")
    (folder / "films.csv").write_text("\n".join(rows))
    return folder / "films.csv"


def array_set(folder: Path) -> Path:
    """A MedMNIST file of synthetic films."""
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
