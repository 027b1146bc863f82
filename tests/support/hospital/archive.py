"""Real processes on the loopback for tests of the hospital package: Orthanc, the node, and DCMTK's storescu."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.conftest import REPOSITORY

USER, PASSWORD = "reader", "archive-password-4711"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
MISSING = [tool for tool in ("Orthanc", "storescu", "echoscu", "dsrdump", "dciodvfy") if not shutil.which(tool)]
SKIP_REASON = f"apt-get install orthanc orthanc-dicomweb dcmtk dicom3tools; missing: {', '.join(MISSING)}"


def free_port() -> int:
    """A port of the loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    """Wait for a condition; AssertionError after that many seconds."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:g} s")


@dataclass
class Orthanc:
    """A running archive."""

    folder: Path
    http_port: int
    dicom_port: int
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Of its DICOMweb service."""
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    @property
    def environment(self) -> dict[str, str]:
        """For the program under test."""
        return {"CXR_ARCHIVE_URL": self.url, "CXR_ARCHIVE_USER": USER, "CXR_ARCHIVE_PASSWORD": PASSWORD}

    @property
    def peer(self) -> str:
        """For `--to`."""
        return f"ORTHANC@127.0.0.1:{self.dicom_port}"

    def get(self, path: str) -> Any:
        """An answer of its REST interface."""
        return self.session.get(f"http://127.0.0.1:{self.http_port}{path}", timeout=30).json()

    def instances(self, modality: str | None = None) -> list[str]:
        """The ids of its instances, of one modality or all."""
        if modality is None:
            return list(self.get("/instances"))
        query: dict[str, Any] = {"Level": "Instance", "Query": {"Modality": modality}, "Limit": 0}
        address = f"http://127.0.0.1:{self.http_port}/tools/find"
        return list(self.session.post(address, json=query, timeout=60).json())

    def file(self, instance: str) -> bytes:
        """An instance as a DICOM file."""
        address = f"http://127.0.0.1:{self.http_port}/instances/{instance}/file"
        return self.session.get(address, timeout=30).content

    def store(self, data: bytes) -> None:
        """Store a DICOM file."""
        address = f"http://127.0.0.1:{self.http_port}/instances"
        self.session.post(address, data=data, timeout=60).raise_for_status()


@contextmanager
def orthanc(folder: Path, **more: Any) -> Iterator[Orthanc]:
    """A real Orthanc with DICOMweb and an account, on free ports of the loopback. more: settings that differ."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = Orthanc(folder, free_port(), free_port())
    archive.session.auth, archive.session.trust_env = (USER, PASSWORD), False
    settings = {
        "Name": "Test archive",
        "StorageDirectory": str(folder / "db"),
        "IndexDirectory": str(folder / "db"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": archive.http_port,
        "DicomPort": archive.dicom_port,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomAlwaysAllowStore": True,
        "StableAge": 1,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings | more))
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(
            ["Orthanc", "--verbose", str(folder / "orthanc.json")], stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until(lambda: _answers(archive), 60, "Orthanc")
        yield archive
    finally:
        process.kill()  # it would wait for open associations
        process.wait()


def _answers(archive: Orthanc) -> bool:
    try:
        return bool(archive.get("/system"))
    except (requests.RequestException, ValueError):
        return False


class NodeProcess:
    """`cxr node` in a process of its own, which can be killed and started again."""

    def __init__(self, home: Path, archive: Orthanc, *options: str, model: str | None = None) -> None:
        self.home, self.port, self.log = home, free_port(), home / "node.log"
        home.mkdir(parents=True, exist_ok=True)
        self._environment = os.environ | archive.environment | {"CXR_HOME": str(home), "TMPDIR": str(home / "tmp")}
        (home / "tmp").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "cxr_core", "node", "--port", str(self.port), *options]
        command += ["--from", "STORESCU@127.0.0.1"] + (["--model", model] if model else [])
        self._command = command if {"--to", "--shadow"} & {*options} else [*command, "--to", archive.peer]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> None:
        """Start the process, and wait until it listens."""
        before = self.said("Listening")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, cwd=REPOSITORY, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        if wait:
            wait_until(lambda: self.said("Listening") > before or self._ended(), 120, "the node")
            assert not self._ended(), self.log.read_text()

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(60)

    def said(self, word: str) -> int:
        """How many lines of the log hold a word."""
        return sum(word in line for line in self.lines())

    def lines(self) -> list[str]:
        """The log."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


@contextmanager
def node(home: Path, archive: Orthanc, *options: str, model: str | None = None) -> Iterator[NodeProcess]:
    """A running node; it is stopped at the end of the block."""
    running = NodeProcess(home, archive, *options, model=model)
    try:
        running.start()
        yield running
    finally:
        if running.process and running.process.poll() is None:
            running.stop()


def storescu(
    port: int, files: list[Path] | Path, *options: str, title: str = "STORESCU"
) -> subprocess.CompletedProcess[str]:
    """DCMTK's storescu: send files, or all of a folder, to a node of the loopback."""
    what = ["+sd", "+r", str(files)] if isinstance(files, Path) else [str(file) for file in files]
    command = ["storescu", "-aet", title, "-aec", "CXR", *options, "127.0.0.1", str(port), *what]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
