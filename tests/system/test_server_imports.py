"""The process that draws the pages imports no TensorFlow, Keras or JAX, whatever is done on them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY


def test_training_publishing_evaluating_and_auditing_import_no_network_library(cxr_home: Path) -> None:
    command = [sys.executable, "-m", "tests.support.journeys", "workbench"]
    done = subprocess.run(command, cwd=REPOSITORY, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    jobs, loaded = done.stdout.splitlines()[-2:]
    assert jobs == "jobs: audit evaluation publishing training"
    assert loaded.strip() == "loaded:"
