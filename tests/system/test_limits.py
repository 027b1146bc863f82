"""The verbs on files that cost far more than their size, each in a process with little memory."""

from pathlib import Path

import pytest

from tests.support.bombs import written
from tests.support.command_line import run_verb

MEMORY = 3_000_000_000  # bytes of address space; the libraries alone map about one


@pytest.mark.skipif(not hasattr(__import__("os"), "mkfifo"), reason="needs a system with pipes and memory limits")
def test_verbs_refuse_what_costs_too_much(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name, arguments in written(tmp_path / "files"):
        network = arguments[0] == "publish"  # TensorFlow maps more
        ended = run_verb(*arguments, home=home, memory=4 * MEMORY if network else MEMORY)
        assert "Traceback" not in ended.stderr, name
        if "DICOM" in name:
            assert "unpacks to more than the limit of 210,000,000 bytes" in ended.stdout
        else:
            assert ended.returncode in (1, 2), name
            assert len(ended.stderr.strip().splitlines()) == 1, name
        if network:
            assert "more than 20 times as many" in ended.stderr
