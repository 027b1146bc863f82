"""Folds on two nodes have the figures of those that are fitted here."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxr_core.cluster.fits import Fits, FitsOnCluster
from cxr_core.cluster.folds import fitted_folds, plan_folds
from cxr_core.cluster.ray_cluster import RayCluster
from cxr_core.datasets.index import Index, build_index
from cxr_core.training.recipes import configure
from tests.support.synthetic_chests import write_adults, write_data_set

SETTINGS = {"size": "32", "widths": "8,16", "epochs": "2", "batch": "16", "contrast": "none", "device": "cpu"}


def figures(index: Index, cluster: Fits | None = None) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Of each source that is left out, the epochs and the validation scores."""
    recipe = configure("residual-128", SETTINGS)
    folds = fitted_folds(index, "residual-128", recipe, plan_folds(index, leave_one_source_out=True), print, cluster)
    return {
        fold.name: (run.history().drop(columns="seconds"), pd.read_csv(run.folder / "validation.csv"))
        for fold, run in folds
    }


def test_sources_left_out_on_a_cluster(cluster: Any, tmp_path: Path, cxr_home: Path) -> None:
    write_data_set(tmp_path / "children", patients=16)
    write_adults(tmp_path / "adults", patients=16)
    index = build_index([tmp_path / "children", tmp_path / "adults" / "films.csv"])
    here = figures(index)
    assert list(here) == ["without-adults", "without-children"]
    shutil.rmtree(cxr_home)
    with RayCluster(cluster.address) as connected:
        there = figures(index, FitsOnCluster(connected))
    assert list(there) == list(here)
    for name, (epochs, scores) in here.items():
        pd.testing.assert_frame_equal(there[name][0], epochs)
        assert there[name][1]["path"].tolist() == scores["path"].tolist()
        np.testing.assert_allclose(there[name][1]["logit"], scores["logit"], rtol=1e-4, atol=1e-5)
