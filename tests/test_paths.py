"""A home that cannot be written: one sentence that says so and what to do, on the command line and on every page."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.cli.main import main
from cxr_core.datasets.index import build_index
from cxr_core.datasets.input_cache import cached_inputs
from cxr_core.errors import WorkError
from cxr_core.files import store_file
from cxr_core.imaging.preprocessing import Preprocessing
from cxr_core.paths import cache_folder
from tests.conftest import REPOSITORY
from tests.support.synthetic_chests import write_data_set


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk that takes no more than `size` bytes a file."""
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, allowed[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)


def test_a_cache_of_films_that_does_not_fit_is_one_sentence_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    index = build_index(write_data_set(tmp_path / "chest_xray", patients=2))
    with files_of_at_most(2_000), pytest.raises(WorkError, match=r"File too large\); make room"):
        cached_inputs(index.root, index.readable, Preprocessing(32))
    assert not list(cache_folder("films").iterdir())
    assert len(cached_inputs(index.root, index.readable, Preprocessing(32))) == len(index.readable)


def test_an_index_that_cannot_be_kept_is_whole_and_says_so(tmp_path: Path) -> None:
    folder = write_data_set(tmp_path / "chest_xray", patients=2)
    with files_of_at_most(2_000):
        index = build_index(folder)
    assert not list(cache_folder("index").iterdir())
    again = build_index(folder)
    assert "File too large" in index.notes[-1]
    assert index.films.equals(again.films)
    assert index.files_read == again.files_read == len(index.films)


@pytest.mark.parametrize("verb", ["models", "runs", "index"])
def test_a_verb_without_a_home_says_so(
    verb: str, demo_set: Path, cxr_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cxr_home.write_text("in its place lies a file")
    assert main([verb, str(demo_set)] if verb == "index" else [verb]) == 1
    said = f"{cxr_home}: cannot be created (File exists); make room, or set CXR_HOME to a folder that can be written.\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("page", ["diagnose", "dataset", "train", "evaluate", "models"])
def test_a_page_without_a_home_says_so(page: str, cxr_home: Path) -> None:
    cxr_home.write_text("in its place lies a file")
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90).run()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    if page != "dataset":  # it needs none before a data set is opened
        assert "set CXR\\_HOME" in app.error[0].value


def test_diagnose_needs_no_home_that_can_be_written(cxr_home: Path) -> None:
    cxr_home.mkdir()
    (cxr_home / "models").write_text("in its place lies a file")
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90).run()
    assert not app.exception
    assert not app.error


def test_a_file_is_kept_whole_or_not_at_all_and_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "kept [1].json"
    gone = subprocess.Popen(["true"])
    gone.wait()
    left, others = (tmp_path / f".{file.name}.{pid}.7.part" for pid in (gone.pid, os.getppid()))
    for part in (left, others):
        part.write_text("half")
    with store_file(file, "this") as part:
        part.write_text("whole")
    with files_of_at_most(3), pytest.raises(WorkError, match="this cannot be stored"), store_file(file, "this") as part:
        part.write_text("half")
    assert file.read_text() == "whole"
    assert sorted(tmp_path.iterdir()) == sorted([others, file])
