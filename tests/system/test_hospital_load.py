"""500 studies from storescu to the stored report: none refused, memory flat, at least half of the rate of `predict`."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.support.hospital.archive import MISSING, SKIP_REASON


@pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
def test_the_benchmark_of_500_studies_meets_its_targets() -> None:
    command = [sys.executable, "-m", "benchmarks.load.hospital_node", "--studies", "500"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
