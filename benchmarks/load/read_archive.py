"""`read-archive` beside `predict` on such films, in one run: rate, memory, killed and begun again, here and on Ray.

    python -m benchmarks.load.read_archive [--films 100000] [--beside 2000] [--cluster-films 4000]

The films are the synthetic ones shipped with the app (224 pixels, all of them read in full), each a file of its own.
`predict` reads `--beside` films before, amid and after the archive. The archive is killed (kill -9) when half of it is
read, and begun again: no film may be read twice, and each must be in the table once. Then Ray clusters of one node and
of two, each of one core, read `--cluster-films`. Rates leave out what a command costs for a single film, its start, and
are given by the clock and by processor time, which other work on the machine disturbs less. Memory: of all processes
of a command, shared pages counted once. What the list of 100,000 paths costs is measured first. Targets: at least 0.9
of the rate of `predict`; memory flat.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import pandas as pd
import psutil

from cxr_core.cluster.archive_table import ArchiveTable
from cxr_core.datasets.demo import sample_films
from cxr_core.paths import REPOSITORY
from tests.support.synthetic_films import with_comment

WATCH_SECONDS = 2.0
LISTED = 100_000
REPORTED = (0.1, 0.5, 1.0)  # of the time that a command took


@dataclass
class Watch:
    """What the processes below one, or below this one, used.

    memory: (seconds, MB) every WATCH_SECONDS. processor: seconds, by process.
    """

    root: psutil.Process
    memory: list[tuple[float, float]] = field(default_factory=list)
    processor: dict[tuple[int, float], float] = field(default_factory=dict)

    def look(self, seconds: float) -> None:
        """Take a sample."""
        megabytes = 0.0
        for process in (self.root, *self.root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                if process.pid != os.getpid():
                    megabytes += process.memory_full_info().pss / 1e6
                    times = process.cpu_times()
                    self.processor[process.pid, process.create_time()] = times.user + times.system
        self.memory.append((seconds, megabytes))

    def told(self) -> str:
        """Memory at parts of the time, and the most."""
        ends = self.memory[-1][0]
        at = [next(mb for seconds, mb in self.memory if seconds >= part * ends) for part in REPORTED[:-1]]
        parts = [*at, self.memory[-2 if len(self.memory) > 1 else -1][1]]
        steps = ", ".join(f"{mb:.0f} MB at {part:.0%}" for part, mb in zip(REPORTED, parts, strict=True))
        return f"memory {steps} of the time, at most {max(mb for _, mb in self.memory):.0f} MB"


@dataclass
class Done:
    """A command that has ended. document: its JSON, None if it was killed."""

    seconds: float
    watch: Watch
    document: Any

    @property
    def processor(self) -> float:
        """Seconds of its processes."""
        return sum(self.watch.processor.values())


def run(*arguments: str | Path, kill_when: Callable[[], bool] = lambda: False, cluster: bool = False) -> Done:
    """Run a verb, and kill it by SIGKILL when it is time to. cluster: the watch includes all children of this process.

    Raises RuntimeError if the verb fails.
    """
    command = [sys.executable, "-m", "cxr_core", *map(str, arguments), "--json"]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watch, killed, output = Watch(psutil.Process(None if cluster else process.pid)), False, ["", ""]

    def receive() -> None:
        output[:] = process.communicate()

    receiver = threading.Thread(target=receive)
    receiver.start()
    children: list[psutil.Process] = []
    while receiver.is_alive():
        with suppress(psutil.NoSuchProcess):
            watch.look(time.perf_counter() - started)
        if not killed and kill_when():
            children, killed = psutil.Process(process.pid).children(recursive=True), True
            process.kill()
        receiver.join(WATCH_SECONDS)
    seconds = time.perf_counter() - started
    if not killed and process.returncode:
        raise RuntimeError(output[1][-2000:])
    psutil.wait_procs(children, timeout=60)
    if left := [child.pid for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]:
        raise RuntimeError(f"processes outlive the killed command: {left}")
    return Done(seconds, watch, None if killed else json.loads(output[0]))


def write_films(folder: Path, films: int) -> Path:
    """Write films, each a file of its own with other bytes; 1,000 in a folder."""
    pictures = [file.read_bytes() for file in sample_films()]
    for number in range(films):
        path = folder / f"{number // 1000:04}" / f"{number:07}.jpeg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(with_comment(pictures[number % len(pictures)], str(number)))
    return folder


def rates(done: Done, start: Done, films: int) -> tuple[float, float]:
    """Films a second by the clock and by processor time, without the start, that is a run on a single film."""
    return (films - 1) / (done.seconds - start.seconds), (films - 1) / (done.processor - start.processor)


def told(name: str, found: tuple[float, float], beside: tuple[float, float]) -> str:
    """Rates beside those of `predict`."""
    return (
        f"{name}: {found[0]:.1f} films a second, {found[0] / beside[0]:.2f} of predict's (target 0.9); "
        f"{found[1]:.1f} a second of processor time, {found[1] / beside[1]:.2f} of predict's"
    )


def stored(out: Path) -> dict[str, int]:
    """The files of a table, and when they were written."""
    return {file.name: file.stat().st_mtime_ns for file in out.glob("*.parquet")}


def check_table(out: Path, films: int) -> None:
    """Raises RuntimeError unless each film is in the table once and has a verdict."""
    table = pd.read_parquet(out, columns=["number", "file", "verdict", "failure"])
    if sorted(table["number"]) != list(range(films)) or table["file"].nunique() != films:
        raise RuntimeError("films are missing from the table, or are in it twice")
    if table["verdict"].isna().any() or (table["verdict"] == "not_assessable").any():
        raise RuntimeError("films were not read in full")


def archive_here(folder: Path, archive: Path, films: int, predicted: Callable[[], tuple[float, float]]) -> None:
    """Read the archive with one process a core, killed at half and begun again; print what came of it."""
    start = run("read-archive", write_films(folder / "one", 1), "--out", folder / "one-table")
    out, beside = folder / "table", [predicted()]
    half = films / 2
    first = run("read-archive", archive, "--out", out, kill_when=lambda: rows_of(out) >= half)
    kept, before = stored(out), rows_of(out)
    print(f"killed after {first.seconds:.0f} s with {before:,} films in the table; {first.watch.told()}", flush=True)
    beside.append(predicted())
    second = run("read-archive", archive, "--out", out)
    beside.append(predicted())
    read_now = second.document["read_now"]
    check_table(out, films)
    if read_now != films - before or not kept.items() <= stored(out).items():
        raise RuntimeError("films were read twice")
    by_predict = mean(rate for rate, _ in beside), mean(rate for _, rate in beside)
    print(f"predict: {', '.join(f'{rate:.1f}' for rate, _ in beside)} films a second", flush=True)
    print(told("read-archive, after it was killed", rates(second, start, read_now), by_predict))
    print(f"{read_now:,} films read then, none twice; start {start.seconds:.1f} s; {second.watch.told()}", flush=True)


def rows_of(out: Path) -> int:
    """Films in a table that is being written."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in out.glob("*.parquet"))


@contextmanager
def ray_nodes(folder: Path, nodes: int) -> Iterator[str]:
    """The address of a Ray cluster of so many nodes of one core each, which have their homes below the folder."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for number in range(nodes):
            variables = {"CXR_HOME": str(folder / f"node-{number}"), "PYTHONPATH": str(REPOSITORY)}
            cluster.add_node(num_cpus=1, object_store_memory=80 << 20, include_dashboard=False, env_vars=variables)
        yield cluster.address
    finally:
        cluster.shutdown()


def archive_on_ray(folder: Path, films: int, nodes: int, by_predict: tuple[float, float]) -> None:
    """Read films on a Ray cluster of so many nodes of one core each; print what came of it."""
    with ray_nodes(folder, nodes) as cluster:
        address, out = ("--cluster", cluster), folder / f"ray-{nodes}"
        start = run("read-archive", folder / "one", "--out", folder / f"ray-{nodes}-one", *address, cluster=True)
        done = run("read-archive", folder / "cluster", "--out", out, *address, cluster=True)
    check_table(out, films)
    print(told(f"Ray, nodes of one core: {nodes}", rates(done, start, films), by_predict))
    print(f"start {start.seconds:.1f} s; {done.watch.told()}", flush=True)


def list_films(folder: Path, films: int) -> None:
    """Begin the table of a CSV of so many paths; print what that costs. First of all: memory is the most so far."""
    with (folder / "films.csv").open("w") as table:
        table.write("path\n")
        table.writelines(f"{number // 1000:05}/{number:08}/film.dcm\n" for number in range(films))
    out = folder / "listed"
    before = resource.getrusage(resource.RUSAGE_SELF)
    ArchiveTable(out, folder / "films.csv", "model", "version", None)
    after = resource.getrusage(resource.RUSAGE_SELF)
    disk = sum(file.stat().st_size for file in out.iterdir())
    print(f"a list of {films:,} films: {after.ru_utime - before.ru_utime:.1f} s of processor time, ", end="")
    print(f"{disk / 1e6:.0f} MB of disk, {(after.ru_maxrss - before.ru_maxrss) / 1e3:.0f} MB of memory", flush=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--beside", type=int, default=2_000)
    parser.add_argument("--cluster-films", type=int, default=4_000, help="0 leaves Ray out")
    options = parser.parse_args()
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
    with tempfile.TemporaryDirectory(prefix="cxr-archive-") as name:
        folder = Path(name)
        os.environ["CXR_HOME"] = str(folder / "home")
        list_films(folder, LISTED)
        archive, beside = write_films(folder / "archive", options.films), write_films(folder / "beside", options.beside)
        start = run("predict", write_films(folder / "one", 1))

        def predicted() -> tuple[float, float]:
            return rates(run("predict", beside), start, options.beside)

        archive_here(folder, archive, options.films, predicted)
        if options.cluster_films:
            write_films(folder / "cluster", options.cluster_films)
            for nodes in (1, 2):
                archive_on_ray(folder, options.cluster_films, nodes, predicted())


if __name__ == "__main__":
    main()
