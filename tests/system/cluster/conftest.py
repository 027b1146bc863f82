"""A cluster of two nodes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY

STORE_BYTES = 80 << 20


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes of one core, each with a home of its own; the tests kill `cluster.second`."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "0")  # a busy machine is no reason to end a worker
    monkeypatch.setenv("RAY_worker_niceness", "0")  # Ray's 15 would wait for whatever else the machine does

    def node(name: str) -> dict[str, Any]:
        homes = {"CXR_HOME": str(tmp_path / name), "PYTHONPATH": str(REPOSITORY)}
        return {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_dashboard": False, "env_vars": homes}

    started = Cluster(initialize_head=True, head_node_args=node("first"))
    try:
        started.second = started.add_node(**node("second"))
        yield started
    finally:
        started.shutdown()
