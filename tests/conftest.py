"""Fixtures: a home of their own for every test, a tiny data set, a tiny model."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # the tests' networks are narrow, see backend.ONEDNN_CHANNELS
REPOSITORY = Path(__file__).resolve().parent.parent
TEST_DATA = Path(os.environ.get("CXR_TEST_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(autouse=True)
def cxr_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs, caches and published models of each test go to its own folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("CXR_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def pages_hide_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of a page that nobody expected fails the test, where a user would be shown its number."""

    def raise_it(_: object, error: BaseException) -> str:
        raise error

    monkeypatch.setattr("cxr_core.app.navigation.log_surprise", raise_it)


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page test leaves its script as the main module, which processes that are spawned later would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """What a test logs to goes with it: `configure_logging` sets up the logger of the whole process."""
    yield
    logger = logging.getLogger("cxr_core")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


@pytest.fixture(scope="session")
def real_films() -> Path:
    """The folder of real films; tests that need it are skipped, by name, where it is absent."""
    if not (TEST_DATA / "chest_xray").is_dir():
        pytest.skip(f"no real films at {TEST_DATA}; set CXR_TEST_DATA")
    return TEST_DATA


@pytest.fixture(scope="session")
def demo_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo set, written once."""
    from cxr_core.datasets.demo import write_demo_set

    return write_demo_set(tmp_path_factory.mktemp("demo") / "chest_xray")


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished run on made films and the model `tiny` published from it. Copy it before writing."""
    from cxr_core.publishing.publish import publish
    from cxr_core.training.fit import fit
    from cxr_core.training.recipes import configure
    from cxr_core.training.runs import create_run
    from tests.support.synthetic_chests import write_data_set

    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        data = write_data_set(home / "made" / "chest_xray", patients=30)
        settings = {"size": "32", "widths": "8,16", "epochs": "6", "batch": "16", "contrast": "none", "erase": "0"}
        run = create_run(data, "residual-128", configure("residual-128", settings))
        fit(run)
        publish(run, "tiny")
    return home


@pytest.fixture
def tiny_home(trained_home: Path, cxr_home: Path) -> Path:
    """A home of this test's own that holds the run and the model of `trained_home`."""
    shutil.copytree(trained_home, cxr_home, dirs_exist_ok=True)
    return cxr_home
