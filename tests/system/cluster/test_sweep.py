"""A sweep here and on two nodes, one of which is killed while it trains: the same runs with the same figures."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxr_core.cluster.fits import FitsHere, FitsOnCluster, epochs_done
from cxr_core.cluster.ray_cluster import RayCluster, RayWork
from cxr_core.cluster.sweep import fit_sweep, plan_sweep
from cxr_core.cluster.sweep_record import Sweep
from cxr_core.cluster.sweep_table import sweep_table
from cxr_core.datasets.index import build_index
from cxr_core.training.runs import list_runs
from tests.support.synthetic_chests import write_data_set

SETTINGS = {"size": "32", "widths": "8,16", "epochs": "3", "batch": "16", "contrast": "none", "device": "cpu"}
TRIED = {"learning_rate": ["0.003", "0.0001"]}


def planned(data: Path) -> Sweep:
    return plan_sweep(build_index(data), "residual-128", SETTINGS, TRIED, seeds=1)


def test_a_node_killed_amid_a_sweep_changes_no_figure(
    cluster: Any, tmp_path: Path, cxr_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=20)
    sweep = planned(data)
    assert sweep.rungs == (1, 3)
    fit_sweep(sweep, FitsHere(), print)
    here = sweep_table(sweep)
    histories = {run.id: run.history() for run in list_runs()}
    shutil.rmtree(cxr_home)

    killed: list[str] = []
    run_of = RayWork.run

    def kills_a_node(self: RayWork, next_task: Any) -> Iterator[tuple[Any, Any]]:
        for done in run_of(self, next_task):
            if not killed:  # the other node trains, or begins to
                cluster.remove_node(cluster.second, allow_graceful=False)
                killed.append(done[0].run_id)
            yield done

    monkeypatch.setattr(RayWork, "run", kills_a_node)
    with RayCluster(cluster.address) as connected:
        again = planned(data)
        assert again.id == sweep.id
        fit_sweep(again, FitsOnCluster(connected, piece_seconds=0), print)
        fit_sweep(again, FitsOnCluster(connected, piece_seconds=0), print)  # finds nothing to do
    assert killed
    there = sweep_table(again)
    assert there["run"].tolist() == here["run"].tolist()
    assert there["epochs"].tolist() == here["epochs"].tolist() == [3, 1]
    assert there["status"].tolist() == here["status"].tolist() == ["finished", "stopped"]
    assert len(list_runs()) == len(histories) == 2
    for run in list_runs():
        before, after = histories[run.id], run.history()
        assert after["epoch"].tolist() == before["epoch"].tolist() == list(range(1, epochs_done(run) + 1))
        for name in ("loss", "val_loss", "val_auc"):
            assert all(map(math.isclose, after[name], before[name])), name
