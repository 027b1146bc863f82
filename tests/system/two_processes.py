"""Two processes that change the same files at the same time."""

import subprocess
import sys

from tests.conftest import REPOSITORY

_START = """
import sys
{code}
print("ready", flush=True)
sys.stdin.readline()
"""


def run_two(prepare: str, work: str, *arguments: str) -> list[subprocess.CompletedProcess[str]]:
    """Run Python code in two processes, which start `work` together once both have done `prepare`.

    `sys.argv[1]` is "a" in one and "b" in the other; `arguments` follow. Both end before this returns.
    """
    code = _START.format(code=prepare) + work
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, name, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    done = []
    for process in started:
        output, errors = process.communicate()
        done.append(subprocess.CompletedProcess(process.args, process.returncode, output, errors))
    return done
