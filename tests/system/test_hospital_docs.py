"""docs/hospital.md: its commands, run as they stand, lead from nothing to the first answer in the archive."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.support.hospital.archive import MISSING, SKIP_REASON, free_port

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
WITHIN = 600  # seconds, as the page says


def test_the_commands_of_the_page_lead_to_an_answer(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "hospital.md").read_text()
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    for port in ("4242", "8042", "11112"):
        script = re.sub(rf"\b{port}\b", str(free_port()), script)
    programs = tmp_path / "bin"
    programs.mkdir()
    command = programs / "cxr"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}" -m cxr_core "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "CXR_HOME": str(tmp_path / "home")}
    shell = subprocess.Popen(
        ["bash", "-c", f"trap 'kill $(jobs -p)' EXIT\n{script}"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, 9)
        pytest.fail(f"not within {WITHIN} s: {(tmp_path / 'node.log').read_text()[-500:]}")
    assert shell.returncode == 0, output
    assert "Pneumonia: report. Not for clinical use" in output
    assert "SR" in output
    assert list((tmp_path / "reports").glob("*.fhir.json"))
