"""Load on a real server, by the commands of `benchmarks/load` with shorter times: no error, no mix-up, bounded memory.

The full lengths, and the memory that is wanted there, are the commands' own: see docs/security.md.
"""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

COMMANDS = {
    "twenty signed-in sessions": ["signed_in_sessions", "--sessions", "20", "--minutes", "1", "--growth", "1.5"],
    "a soak": ["signed_in_sessions", "--sessions", "5", "--minutes", "1", "--vanishing", "10", "--growth", "1.5"],
    "fifty that vanish": ["vanishing_clients", "--clients", "50", "--waves", "2", "--growth", "1.1", "--kept", "5"],
}


@pytest.mark.parametrize("case", COMMANDS)
def test_the_server_bears_it(case: str) -> None:
    if "signed_in_sessions" in COMMANDS[case]:
        pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")
    name, *options = COMMANDS[case]
    command = [sys.executable, "-m", f"benchmarks.load.{name}", *options]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
