"""A sweep on a Ray cluster of one node and of two, in turns, beside the same sweep without a cluster.

    python -m benchmarks.load.sweep [--patients 200] [--repeat 2]

Nine runs of `residual-128` at 64 pixels on synthetic films, with nine learning rates and nine epochs, are stopped early
as always: nine for one epoch, three for three, one to the end. A node has one core, so two nodes use two; without a
cluster one run is fitted at a time, which uses what cores there are. The figures of all must be equal.
"""

import argparse
import math
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import pandas as pd

from benchmarks.load.read_archive import ray_nodes
from cxr_core.cluster.fits import Fits, FitsHere, FitsOnCluster
from cxr_core.cluster.ray_cluster import RayCluster
from cxr_core.cluster.sweep import fit_sweep, plan_sweep
from cxr_core.cluster.sweep_table import sweep_table
from cxr_core.datasets.index import build_index
from tests.support.synthetic_chests import write_data_set

SETTINGS = {"size": "64", "epochs": "9", "contrast": "none", "device": "cpu"}
RATES = [f"{0.0003 * 1.5**number:.6f}" for number in range(9)]


def timed(data: Path, home: Path, fits: Fits) -> tuple[float, pd.DataFrame]:
    """Seconds of the sweep in a home of its own, and its table."""
    os.environ["CXR_HOME"] = str(home)
    sweep = plan_sweep(build_index(data), "residual-128", SETTINGS, {"learning_rate": RATES}, seeds=1)
    started = time.perf_counter()
    fit_sweep(sweep, fits, lambda line: None)
    return time.perf_counter() - started, sweep_table(sweep)


def on_cluster(data: Path, folder: Path, nodes: int) -> tuple[float, pd.DataFrame]:
    """The same on a cluster of so many nodes of one core."""
    with ray_nodes(folder, nodes) as address, RayCluster(address) as connected:
        return timed(data, folder / "home", FitsOnCluster(connected))


def check_equal(first: pd.DataFrame, other: pd.DataFrame) -> None:
    """Raises RuntimeError unless two tables hold the same runs, epochs and scores."""
    same = first["run"].tolist() == other["run"].tolist() and first["epochs"].tolist() == other["epochs"].tolist()
    if not same or not all(map(math.isclose, first["worst_source_auc"], other["worst_source_auc"])):
        raise RuntimeError(f"the figures differ:\n{first}\n{other}")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0", "RAY_worker_niceness": "0"}
    with tempfile.TemporaryDirectory(prefix="cxr-sweep-") as name:
        folder = Path(name)
        data = write_data_set(folder / "chest_xray", patients=options.patients)
        seconds: dict[str, list[float]] = {}
        tables = []
        for turn in range(options.repeat):
            for nodes in (0, 1, 2):
                place = folder / f"{turn}-{nodes}"
                took, table = on_cluster(data, place, nodes) if nodes else timed(data, place, FitsHere())
                told = f"Ray, nodes of one core: {nodes}" if nodes else "without a cluster"
                seconds.setdefault(told, []).append(took)
                tables.append(table)
                print(f"{told}: {took:.0f} s", flush=True)
        for table in tables[1:]:
            check_equal(tables[0], table)
        print(f"{len(tables[0])} runs, {int(tables[0]['epochs'].sum())} epochs; all figures equal; medians:")
        for told, found in seconds.items():
            print(f"{told}: {median(found):.0f} s, {median(found) / median(next(iter(seconds.values()))):.2f}")


if __name__ == "__main__":
    main()
