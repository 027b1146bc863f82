"""The test log records every access, also of processes that write at the same time."""

import subprocess
import sys

import pytest

from cxr_core.errors import WorkError
from cxr_core.evaluation.test_log import (
    LOG,
    AccessRecord,
    count_accesses,
    read_test_accesses,
    record_access,
    record_test_evaluation,
)
from cxr_core.models.registry import Model
from tests.conftest import REPOSITORY
from tests.support.synthetic_evaluations import synthetic_evaluation

WRITER = """
import sys
from pathlib import Path
from cxr_core.evaluation.test_log import AccessRecord, record_access
for number in range(50):
    # Long lines, so that an incomplete write would be noticed.
    estimates = {"number": number, "filler": "x" * 20_000}
    record_access(Path(sys.argv[1]), AccessRecord(f"model{sys.argv[2]}", "data", "test", estimates))
"""


def test_accesses_are_read_in_order_with_their_time(tmp_path):
    folder = tmp_path / "new" / "here"
    assert read_test_accesses(folder) == []
    first, second = AccessRecord("a", "d", "test", {"auroc": 0.9}), AccessRecord("b", "d", "test", {"auroc": None})
    record_access(folder, first)
    record_access(folder, second)
    assert read_test_accesses(folder) == [first, second]
    assert read_test_accesses(folder, "b") == [second]
    assert read_test_accesses(folder, "c") == []
    assert first.time.endswith("+00:00")


def test_processes_that_write_at_the_same_time_lose_nothing(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(writer)], cwd=REPOSITORY) for writer in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert len(read_test_accesses(tmp_path)) == 150
    for writer in range(3):
        assert [entry.figures["number"] for entry in read_test_accesses(tmp_path, f"model{writer}")] == list(range(50))


def test_a_damaged_line_is_named_and_not_skipped(tmp_path):
    record_access(tmp_path, AccessRecord("a", "d", "test", {}))
    for damaged in ('{"model_sha256": "a"', '{"other": 1}', "[]"):
        (tmp_path / LOG).write_text(
            f'{{"model_sha256":"a","data_fingerprint":"d","split":"test","figures":{{}}}}\n{damaged}\n'
        )
        with pytest.raises(WorkError, match="line 2"):
            read_test_accesses(tmp_path)


def test_refuses_nan_and_a_folder_that_is_a_file(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        record_access(tmp_path, AccessRecord("a", "d", "test", {"auroc": float("nan")}))
    assert read_test_accesses(tmp_path) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkError, match="cannot be written"):
        record_access(tmp_path / "file", AccessRecord("a", "d", "test", {}))


def test_accesses_are_counted_by_films_and_by_system(model: Model) -> None:
    evaluation = synthetic_evaluation(model)
    assert count_accesses(evaluation).total == 0
    record_test_evaluation(evaluation, model.card.sha256)
    record_test_evaluation(evaluation, "0" * 64)
    record_test_evaluation(synthetic_evaluation(model, films=30), model.card.sha256)
    count = count_accesses(evaluation)
    assert (count.total, count.by_this_system) == (2, 1)
    assert "2 times" in count.message
