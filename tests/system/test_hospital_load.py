"""500 studies from storescu to the stored report: none refused or lost, memory flat; the rate is only printed."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.support.hospital.archive import MISSING, SKIP_REASON


@pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
def test_the_benchmark_of_500_studies_loses_none_and_stays_flat() -> None:
    command = [sys.executable, "-m", "benchmarks.load.hospital_node", "--studies", "500"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
