"""Two processes that change the same record 600 times each lose no change."""

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cxr_core.audit import verify
from cxr_core.datasets.curation import curation_of
from cxr_core.datasets.index import build_index
from cxr_core.datasets.saved_views import saved_views
from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.files import is_sealed
from cxr_core.jobs.job import find_job
from cxr_core.models.registry import find_model, list_models
from cxr_core.paths import cache_folder, home
from cxr_core.training.runs import list_runs
from tests.datasets.test_archives import zip_file
from tests.datasets.test_downloads import Server
from tests.jobs.test_job import add_job
from tests.support.runs import new_run
from tests.support.synthetic_chests import write_data_set
from tests.support.synthetic_films import jpeg
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


def _job() -> int:
    return len([key for key in find_job("test").to_dict() if key.startswith("update ")])


def _decisions() -> int:
    return len(curation_of(build_index(home() / "made")).changes)


def _views() -> int:
    return len(saved_views(build_index(home() / "made")))


def _events() -> int:
    entries, broken = verify()
    assert broken == ""
    return entries


def _keys() -> int:
    return len(json.loads((home() / "trusted_keys.json").read_text())["keys"])


def _features() -> int:
    return len(np.load(home() / "features.npy")) if is_sealed(home() / "features.npy") else 0


def _input_caches() -> int:
    """Both processes write the same ones."""
    return 2 * len([file for file in cache_folder("films").glob("*.npy") if is_sealed(file)])


_MADE = "from cxr_core.datasets.index import build_index; index = build_index(sys.argv[2])"
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
    "job": (
        "from cxr_core.jobs.job import update_job",
        "update_job('test', **{f'update {sys.argv[1]}{i}': i})",
        _job,
    ),
    "decisions about films": (
        f"{_MADE}; from cxr_core.datasets.curation import change_films",
        "change_films(index, 'tag', ['f' * 64], sys.argv[1] + str(i))",
        _decisions,
    ),
    "saved views": (
        f"{_MADE}; from cxr_core.datasets.saved_views import save_view",
        "save_view(index, sys.argv[1] + str(i), {})",
        _views,
    ),
    "audit log": (
        "from cxr_core.access import Account; from cxr_core.audit import record",
        "record(Account(sys.argv[1]), 'reading', number=i)",
        _events,
    ),
    "trusted keys": (
        "from cxr_core.models.signing import trust",
        "trust(sys.argv[1] + str(i))",
        _keys,
    ),
    "features of films": (
        "import numpy as np; from cxr_core.inference.features import _add_to_cache; from cxr_core.paths import home;"
        " one = np.zeros(1, [('sha256', 'S64'), ('features', 'f4', (4,))])",
        "one['sha256'] = (sys.argv[1] + str(i)).encode(); _add_to_cache(home() / 'features.npy', one)",
        _features,
    ),
    "input caches": (
        f"{_MADE}; from cxr_core.datasets.input_cache import cached_inputs;"
        " from cxr_core.imaging.preprocessing import Preprocessing",
        "cached_inputs(index.root, index.readable, Preprocessing(16 + i))",
        _input_caches,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_update_is_lost(kind: str) -> None:
    prepare, update, count = KINDS[kind]
    new_run()
    write_data_set(home() / "made", patients=1, films_each=1)
    add_job("test", status="finished")
    for done in run_two(prepare, f"for i in range({UPDATES}):\n    {update}\n", str(home() / "made")):
        assert (done.returncode, done.stderr) == (0, "")
    assert count() == 2 * UPDATES


def test_two_that_download_the_same_files_store_each_whole(tmp_path: Path) -> None:
    data = zip_file(tmp_path / "films.zip", {"train/NORMAL/a.jpeg": jpeg()}).read_bytes()
    with Server(data) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = run_two(
            "from cxr_core.datasets.downloads import PublishedDataSet, download;"
            " from cxr_core.errors import DataSetError",
            f"for i in range({UPDATES}):\n"
            "    try:\n"
            "        download(PublishedDataSet('a', 'A', sys.argv[2], f'{i}.zip', 1, 'http://page'))\n"
            "    except DataSetError as error:\n"
            "        assert error.problem == 'another process is downloading it'\n",
            f"http://127.0.0.1:{server.server_address[1]}/films.zip",
        )
        server.shutdown()
    assert [(process.returncode, process.stderr) for process in done] == [(0, "")] * 2
    stored = [file for file in (home() / "downloads").iterdir() if not file.name.endswith(".lock")]
    assert sorted(file.name for file in stored) == sorted(f"{i}.zip" for i in range(UPDATES))
    assert all(file.read_bytes() == data for file in stored)


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
