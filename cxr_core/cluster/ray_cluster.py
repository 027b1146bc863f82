"""A Ray cluster that somebody has: tasks for its machines, and values and files that each machine fetches once.

Ray is the extra `cluster`; nothing else in the package imports it. Each machine has the same version of the workbench
installed, and keeps what it fetches under its own `CXR_HOME`, which is set where `ray start` is called.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from cxr_core import __version__
from cxr_core.errors import CXRError, SettingsError, WorkError
from cxr_core.files import locked, replace_atomically, sha256_of
from cxr_core.jobs.pool import Lost, made, result_of
from cxr_core.log import configure_logging
from cxr_core.paths import cache_folder

_logger = logging.getLogger(__name__)
CHUNK_BYTES = 16 << 20
POLL_SECONDS = 2.0
_made: dict[str, Any] = {}


@dataclass(frozen=True)
class Parcel:
    """Files on their way to the machines of a cluster.

    folder: of the cache, "models". key: sha256 of names and contents. files: name, its chunks in the object store.
    """

    folder: str
    key: str
    files: tuple[tuple[str, tuple[Any, ...]], ...]

    def fetched(self) -> Path:
        """The folder with the files on this machine, which fetches them if it has not before. Raises WorkError."""
        import ray

        target = cache_folder(self.folder) / self.key
        target.mkdir(parents=True, exist_ok=True)
        with locked(target / "fetching", seconds=3600):
            for name, chunks in self.files:
                if (target / name).exists():
                    continue
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                with replace_atomically(target / name) as part, part.open("wb") as stream:
                    for chunk in chunks:
                        stream.write(ray.get(chunk))
        return target


@dataclass(frozen=True)
class Shared:
    """A value in the cluster's object store, which each machine gets once. Nothing of it is written to disk."""

    reference: Any

    def value(self) -> Any:
        """The value, on the machine that asks."""
        import ray

        return ray.get(self.reference)


class RayCluster:
    """The connection to a cluster; used in a `with` block."""

    def __init__(self, address: str) -> None:
        """address: "auto" for a cluster that this machine belongs to, or `ray://HOST:PORT`, or HOST:PORT.

        Raises SettingsError if there is no cluster at that address, WorkError if ray is not installed here.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ModuleNotFoundError as error:
            raise WorkError(
                "ray is not installed here",
                thing="--cluster",
                accepted="`pip install -r requirements-cluster.txt` installs it",
            ) from error
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, ignore_reinit_error=True)
        except (ConnectionError, ValueError, RuntimeError, TimeoutError, OSError) as error:
            accepted = "`auto` after `ray start` on this machine, or ray://HOST:10001, is accepted"
            raise SettingsError("no cluster answers there", thing=f"--cluster {address}", accepted=accepted) from error

        self._parcels: dict[Any, Parcel] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        ray.shutdown()

    def machines(self) -> int:
        """How many machines the cluster has now."""
        import ray

        return sum(bool(node["Alive"]) for node in ray.nodes())

    def share(self, value: Any) -> Shared:
        """A picklable value, for the machines of the cluster."""
        import ray

        return Shared(ray.put(value))

    def parcel(self, folder: str, files: Mapping[str, Path]) -> Parcel:
        """Files, by the names that they get, for `Parcel.fetched`. Raises NotFound for one that cannot be read."""
        import hashlib

        import ray

        known = (folder, tuple(sorted(files.items())))
        if known in self._parcels:
            return self._parcels[known]
        contents = [f"{name} {sha256_of(file)}" for name, file in sorted(files.items())]
        key = hashlib.sha256("\n".join(contents).encode()).hexdigest()[:24]
        packed = []
        for name, file in sorted(files.items()):
            with file.open("rb") as stream:
                chunks = tuple(ray.put(chunk) for chunk in iter(partial(stream.read, CHUNK_BYTES), b""))
            packed.append((name, chunks))
        self._parcels[known] = Parcel(folder, key, tuple(packed))
        return self._parcels[known]

    def work(self, function: str, arguments: tuple[Any, ...], *, alone: bool = False) -> "RayWork":
        """What works on tasks; see `jobs.pool.Processes` for function and arguments.

        alone: each task has a process of its own, and a GPU if the cluster has any, else all cores of a machine.
        """
        return RayWork(function, arguments, alone)


class RayWork:
    """Works on tasks as `jobs.pool.Processes` does, on the cluster."""

    def __init__(self, function: str, arguments: tuple[Any, ...], alone: bool) -> None:
        import ray

        needs: dict[str, Any] = {"num_cpus": 1}
        if alone:
            needs = {"num_gpus": 1} if ray.cluster_resources().get("GPU") else {"num_cpus": _smallest_machine()}
            needs["max_calls"] = 1
        self._cores = int(needs.get("num_cpus", 1))
        self._remote = ray.remote(max_retries=0, scheduling_strategy="SPREAD", **needs)(_call)
        self._given = (__version__, uuid4().hex, function, arguments)

    def _room(self) -> int:
        """Tasks that the cluster has room for now."""
        import ray

        return max(1, int(ray.cluster_resources().get("CPU", 1)) // self._cores)

    def run(self, next_task: Callable[[], Any]) -> Iterator[tuple[Any, Any]]:
        """Each task with its result, or with `Lost`, see `Processes.run`.

        A few more tasks than there is room for are given at a time, so that no machine waits for the next.
        """
        import ray

        working: dict[Any, Any] = {}
        given = ray.put(self._given)
        while True:
            while len(working) < 2 * self._room() and (task := next_task()) is not None:
                working[self._remote.remote(given, task)] = task
            if not working:
                return
            done, _ = ray.wait(list(working), num_returns=1, timeout=POLL_SECONDS)
            for reference in done:
                yield working.pop(reference), _answer(reference)


def _answer(reference: Any) -> Any:
    """The result of a task, or `Lost`. Raises the CXRError that ended it."""
    import ray

    try:
        answer = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        what = "a machine of the cluster could not begin"
        raise WorkError(f"cxr-workbench {__version__} must be installed on each of them", thing=what) from error
    except ray.exceptions.RayError as error:
        _logger.warning("a task was lost (%s)", type(error).__name__)
        return Lost(type(error).__name__)
    if isinstance(answer, CXRError):
        raise answer
    return answer


def _smallest_machine() -> int:
    """Cores of the machine with the fewest."""
    import ray

    cores = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    return min((count for count in cores if count), default=1)


def _call(given: tuple[str, str, str, tuple[Any, ...]], task: Any) -> Any:
    """Runs on a machine of the cluster: the function is made once in a process, then called with each task."""
    version, key, function, arguments = given
    if version != __version__:
        return WorkError(
            f"a machine of the cluster has cxr-workbench {__version__}", accepted=f"{version}, as here, is needed"
        )
    configure_logging("cluster")
    if key not in _made:
        _made.clear()
        _made[key] = result_of(lambda those: made(function, those), arguments)
    work = _made[key]
    return work if isinstance(work, CXRError) else result_of(work, task)
