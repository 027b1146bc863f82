"""Containerfile and compose file: linted; what goes into an image is listed; their commands are the program's.

`tests/system/ward/test_service.py` runs the commands.
"""

import re
import subprocess
from pathlib import Path

import pytest

from cxr_core.cli.parser import parser
from tests.conftest import REPOSITORY
from tests.support.hospital.packaged import PACKAGING, build_context, container_commands, services, tool

CONTAINER = PACKAGING / "container"


def lint(*command: str) -> None:
    program, *arguments = command
    found = tool(program)
    if not found:
        pytest.skip(f"{program} is not installed; pip install -r requirements-dev.txt")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_containerfile_is_linted() -> None:
    lint("hadolint", str(CONTAINER / "Containerfile"))


def test_the_compose_file_follows_the_compose_specification() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(CONTAINER / "compose.yaml"))


def test_the_program_has_what_containers_start() -> None:
    started = [container_commands()[-1], *(services()[name]["command"] for name in ("app", "node"))]
    for command in started:
        assert command[:3] == ["python", "-m", "cxr_core"]
        parser().parse_args(command[3:])


def test_files_that_are_mounted_are_there() -> None:
    mounts = [mount.split(":")[0] for service in services().values() for mount in service.get("volumes", [])]
    here = [mount for mount in mounts if mount.startswith(".")]
    assert len(here) == 3
    assert [mount for mount in here if not (CONTAINER / mount).is_file()] == []


def test_an_image_holds_the_program_and_nothing_of_this_machine(tmp_path: Path) -> None:
    context = build_context(tmp_path / "context")
    copied = re.findall(r"^COPY (.*) \S+$", (CONTAINER / "Containerfile").read_text(), re.MULTILINE)
    for name in " ".join(copied).split():
        assert (context / name).exists(), name
    top = {path.name for path in context.iterdir()}
    assert top.isdisjoint({".git", ".venv", "home", "runs", "tests", "packaging"})
    assert top <= {path.name for path in REPOSITORY.iterdir()}


def test_both_sets_of_packages_in_an_image_agree_on_versions() -> None:
    hospital, server = (pins(REPOSITORY / f"requirements-{name}.txt") for name in ("hospital", "server"))
    assert {name: hospital[name] for name in hospital.keys() & server} == {
        name: server[name] for name in hospital.keys() & server
    }


def pins(file: Path) -> dict[str, list[str]]:
    """The versions of each package, by Python's version where they differ."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\\\n]+)", file.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(version.strip())
    return found
