"""The ledger keeps every opening, also of processes that write at once."""

import subprocess
import sys

import pytest

from cxr_core.errors import WorkError
from cxr_core.evaluation.test_log import LEDGER, TestSetAccess, openings, record_access
from tests.conftest import REPOSITORY

WRITER = """
import sys
from pathlib import Path
from cxr_core.evaluation.test_log import TestSetAccess, record_access
for number in range(50):
    # Long lines, so that a write that is not whole would show.
    filled = {"number": number, "filler": "x" * 20_000}
    record_access(Path(sys.argv[1]), TestSetAccess(f"model{sys.argv[2]}", "data", "test", filled))
"""


def test_openings_come_back_in_order_with_their_time(tmp_path):
    folder = tmp_path / "made" / "here"
    assert openings(folder) == []
    first, second = TestSetAccess("a", "d", "test", {"auroc": 0.9}), TestSetAccess("b", "d", "test", {"auroc": None})
    record_access(folder, first)
    record_access(folder, second)
    assert openings(folder) == [first, second]
    assert openings(folder, "b") == [second]
    assert openings(folder, "c") == []
    assert first.time.endswith("+00:00")


def test_processes_that_write_at_once_lose_nothing(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(writer)], cwd=REPOSITORY) for writer in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert len(openings(tmp_path)) == 150
    for writer in range(3):
        assert [entry.figures["number"] for entry in openings(tmp_path, f"model{writer}")] == list(range(50))


def test_a_damaged_line_is_named_and_not_passed_over(tmp_path):
    record_access(tmp_path, TestSetAccess("a", "d", "test", {}))
    for damaged in ('{"model_sha256": "a"', '{"other": 1}', "[]"):
        (tmp_path / LEDGER).write_text(
            f'{{"model_sha256":"a","data_fingerprint":"d","split":"test","figures":{{}}}}\n{damaged}\n'
        )
        with pytest.raises(WorkError, match="line 2"):
            openings(tmp_path)


def test_refuses_nan_and_a_folder_that_is_a_file(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record_access(tmp_path, TestSetAccess("a", "d", "test", {"auroc": float("nan")}))
    assert openings(tmp_path) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkError, match="cannot be written"):
        record_access(tmp_path / "file", TestSetAccess("a", "d", "test", {}))
