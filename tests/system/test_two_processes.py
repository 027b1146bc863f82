"""Two processes that change the same record 600 times each lose no change."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.models.registry import find_model, list_models
from cxr_core.paths import home
from cxr_core.training.runs import list_runs
from tests.support.runs import new_run
from tests.system.two_processes import run_two

UPDATES = 600


def _state() -> int:
    return len([key for key in list_runs()[0].state().to_dict() if key.startswith("update ")])


def _marks() -> int:
    return len(json.loads((home() / "contested.json").read_text()))


def _readings() -> int:
    return int(sqlite3.connect(home() / "readings.sqlite").execute("select count(*) from own_readings").fetchone()[0])


def _folders() -> int:
    return len(json.loads((home() / "places.json").read_text()))


def _statistics() -> int:
    from cxr_core.datasets.quality.pixel_statistics import _read_cache

    return len(_read_cache())


def _gate() -> int:
    from cxr_core.inference.gate.data_set_audit import _read, _store

    return len(_read(_store()))


KINDS: dict[str, tuple[str, str, Callable[[], int]]] = {
    "run state": (
        "from cxr_core.training.runs import list_runs",
        "list_runs()[0].update(**{f'update {sys.argv[1]}{i}': i})",
        _state,
    ),
    "contested labels": (
        "from cxr_core.evaluation.label_review import contest",
        "contest(sys.argv[1] + str(i), 'film.jpeg', True)",
        _marks,
    ),
    "readings": (
        "from cxr_core.inference.reader_log import OwnReading, ReadingLog",
        "ReadingLog().add(OwnReading(sys.argv[1] + str(i), 'normal', 'normal', 0.1, 'm', 'v', False))",
        _readings,
    ),
    "test log": (
        "from cxr_core.evaluation.test_log import AccessRecord, record_access; from cxr_core.paths import home",
        "record_access(home(), AccessRecord(sys.argv[1] + str(i), 'f' * 64, 'test', {}))",
        lambda: len(read_test_accesses(home())),
    ),
    "data folders": (
        "from pathlib import Path; from cxr_core.evaluation.store import remember_data_folder",
        "remember_data_folder(sys.argv[1] + str(i), Path('films'))",
        _folders,
    ),
    "pixel statistics": (
        "import numpy as np; from cxr_core.datasets.quality.pixel_statistics import _RECORD, _add_to_cache",
        "one = np.zeros(1, _RECORD); one['sha256'] = (sys.argv[1] + str(i)).encode(); _add_to_cache(one)",
        _statistics,
    ),
    "gate results": (
        "from cxr_core.inference.gate.data_set_audit import _store, _write; store = _store()",
        "_write(store, {sys.argv[1] + str(i): ''})",
        _gate,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_update_is_lost(kind: str) -> None:
    prepare, update, count = KINDS[kind]
    new_run()
    for done in run_two(prepare, f"for i in range({UPDATES}):\n    {update}\n"):
        assert (done.returncode, done.stderr) == (0, "")
    assert count() == 2 * UPDATES


def test_of_two_that_publish_one_name_at_once_one_succeeds(tiny_home: Path) -> None:
    run = list_runs()[0]
    done = run_two(
        "from cxr_core.cli.main import main; import cxr_core.publishing.publish",
        "sys.exit(main(['publish', sys.argv[2], '--name', 'twice', '--json']))",
        run.id,
    )
    assert sorted(process.returncode for process in done) == [0, 2], [process.stderr for process in done]
    refused = next(process.stderr for process in done if process.returncode)
    assert "name 'twice': is being published by another process" in refused or "is taken" in refused
    find_model("twice").check()
    assert {model.name for model in list_models()} >= {"tiny", "twice"}
    left = [path.name for path in (home() / "models").iterdir()]
    assert sorted(name for name in left if not name.endswith(".lock")) == ["tiny", "twice"]
