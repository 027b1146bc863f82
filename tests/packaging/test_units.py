"""The systemd units: systemd reads them, and the program has the verbs and options that they start."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxr_core.cli.parser import parser
from tests.support.hospital.packaged import PACKAGING, UNIT_PYTHON, changed, native, unit_command

UNITS = sorted(path.name for path in (PACKAGING / "systemd").iterdir())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="apt-get install systemd; missing: systemd-analyze")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        changes = {UNIT_PYTHON: sys.executable} if name.endswith(".service") else {}
        (tmp_path / name).write_text(changed(PACKAGING / "systemd" / name, changes))
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(("unit", "verb"), [("cxr-app.service", "app"), ("cxr-node.service", "node")])
def test_the_program_has_what_a_unit_starts(unit: str, verb: str) -> None:
    python, *command = native(unit_command(unit))
    assert (python, command[:3]) == (sys.executable, ["-m", "cxr_core", verb])
    parser().parse_args(command[2:])


def test_a_backup_of_the_unit_is_named_after_the_day(cxr_home: Path, tmp_path: Path) -> None:
    (cxr_home / "runs").mkdir(parents=True)
    (cxr_home / "runs" / "note.txt").write_text("kept")
    shell, option, script = unit_command("cxr-backup.service")
    script = script.replace(UNIT_PYTHON, sys.executable).replace("/var/backups/cxr", str(tmp_path))
    done = subprocess.run([shell, option, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.suffix for path in tmp_path.iterdir() if path.name.startswith("cxr-")] == [".tar"]
