"""What `packaging/` runs, as commands of this machine: those of compose file, Containerfile and systemd units."""

import ast
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY

PACKAGING = REPOSITORY / "packaging"
UNIT_PYTHON = "/opt/cxr/.venv/bin/python"


def tool(name: str) -> str | None:
    """A program: of this Python's environment, or else of the path."""
    return shutil.which(name, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def services(changes: dict[str, str] | None = None) -> dict[str, Any]:
    """The compose file's services by name. changes: texts of the file, each of which is there, and what replaces it."""
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found: dict[str, Any] = yaml.safe_load(changed(PACKAGING / "container" / "compose.yaml", changes or {}))["services"]
    return found


def changed(file: Path, changes: dict[str, str]) -> str:
    """A packaged file with other ports and paths. changes: texts of the file, each of which is there."""
    text = file.read_text()
    for packaged in changes:
        assert packaged in text, f"{packaged}: not in {file.name}"
    words = "|".join(map(re.escape, changes))
    return re.sub(rf"(?<!\d)({words})(?!\d)", lambda found: changes[found[1]], text) if changes else text


def native(command: list[str]) -> list[str]:
    """A command with this machine's Python."""
    return [sys.executable if word in ("python", UNIT_PYTHON) else word for word in command]


def container_commands() -> list[list[str]]:
    """What the Containerfile runs in a container: its health check, then the server."""
    lines = re.findall(r"\bCMD (\[.*\])", (PACKAGING / "container" / "Containerfile").read_text())
    return [ast.literal_eval(line) for line in lines]


def build_context(folder: Path) -> Path:
    """Copy what `.containerignore` lets into an image; returns the folder."""
    kept = [line[1:] for line in (REPOSITORY / ".containerignore").read_text().splitlines() if line.startswith("!")]
    folder.mkdir(parents=True)
    for name in kept:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "secrets.toml"))
        else:
            shutil.copy(source, folder / name)
    return folder


def unit_command(name: str) -> list[str]:
    """The command of a systemd unit, with its variables put in."""
    text = (PACKAGING / "systemd" / name).read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    for name, value in re.findall(r'^Environment="?(\w+)=([^"\n]*)"?$', text, re.MULTILINE):
        line = line.replace(f"${name}", value)
    return shlex.split(line.replace("%%", "%"))


def archive_settings(node_port: int) -> dict[str, Any]:
    """The packaged Orthanc's settings, without its ports and accounts; it forwards films to the node at that port."""
    folder = PACKAGING / "container"
    changes = {"11112": str(node_port), "/etc/orthanc/forward.lua": str(folder / "forward.lua")}
    settings: dict[str, Any] = json.loads(changed(folder / "orthanc.json", changes))
    return {name: value for name, value in settings.items() if name not in ("HttpPort", "DicomPort", "RegisteredUsers")}
