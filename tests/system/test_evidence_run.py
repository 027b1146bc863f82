"""A network with an evidence map, end to end: fitted on two sources and two sizes, published, read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.cluster.fold_metrics import FoldNetwork, held_out_metrics
from cxr_core.datasets.index import build_index
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.publishing.publish import publish
from cxr_core.training.fit import fit
from cxr_core.training.recipes import configure
from cxr_core.training.runs import Run, create_run
from tests.support.open_gate import OpenGate
from tests.support.synthetic_chests import write_adults, write_data_set

TINY = {"size": "64", "small_size": "32", "small_epochs": "1", "epochs": "2", "epoch_films": "32", "batch": "16"}
TINY |= {"resize": "area", "frozen_stages": "3"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(root / "home"))
        write_data_set(root / "children", patients=20)
        table = write_adults(root / "adults", patients=30)
        found = create_run([root / "children", table], "released", configure("released", TINY))
        fit(found)
    return found


def test_the_history_tells_the_sources_apart(run: Run) -> None:
    history = run.history()
    assert {"val_auc_children", "val_auc_adults", "val_other_auc_adults"} <= set(history)
    means = history[["val_auc_children", "val_auc_adults"]].mean(axis=1)
    assert np.allclose(history["val_auc"], means)
    assert run.state().best_epoch == 2  # an epoch with smaller films is none to keep


def test_the_third_class_is_split_but_not_validated_on(run: Run) -> None:
    split = pd.read_csv(run.folder / "split.csv")
    assert set(split.loc[split["label"] == "OTHER", "split"]) == {"train", "val", "test"}
    assert "OTHER" not in set(pd.read_csv(run.folder / "validation.csv")["label"])


def test_a_published_model_shows_what_decided_and_its_estimates_by_source(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(run.folder.parent.parent))
    model = publish(run, "evidence", tmp_path)
    card = model.card.to_dict()
    assert {entry["source"] for entry in card["figures"]["by_source"]} == {"children", "adults"}
    adults = next(entry for entry in card["figures"]["by_source"] if entry["source"] == "adults")
    assert adults["other"]["films"] == 3
    assert card["heatmap"]["layer"] == "evidence"
    assert len(card["heatmap"]["randomised"]["rank_correlations"]) == 12
    assert card["calibration"]["prevalence"] == pytest.approx(0.5, abs=0.1)
    assert card["population"]["years"] == [1, 59]
    shown = model.described(heatmap=card["heatmap"] | {"shown": True})
    predictor = Predictor(shown, OpenGate())  # type: ignore[arg-type]
    film = read_film(run.folder.parent.parent.parent / "adults" / "pneumonia" / "0.png")
    reading = predictor.read(film)
    assert reading.heatmap is not None
    assert reading.heatmap.shape == (4, 4)
    assert 0 <= reading.heatmap.min() <= reading.heatmap.max() <= 1


def test_a_fold_is_measured_by_source(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(run.folder.parent.parent))
    rows = held_out_metrics(FoldNetwork(run, build_index(run.config().data)))
    adults, children = rows
    assert (adults["source"], children["source"]) == ("adults", "children")
    assert {"auroc", "other_called", "pointing"} <= set(adults)
    assert "pointing" not in children
