"""The whole service on this machine, as `packaging/` starts it: archive, node, pages, nginx. Ports and paths differ."""

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.hospital.archive import PASSWORD, USER, Orthanc, free_port, orthanc, wait_until
from tests.support.hospital.nginx import Proxy, behind_nginx, configured
from tests.support.hospital.packaged import archive_settings, build_context, container_commands, native, services
from tests.support.sign_in import ROLES, write_access

STARTS_WITHIN = 240.0


@dataclass(frozen=True)
class Service:
    """A running service. home: its CXR_HOME. checkout: of its program. metrics: where the node says how it is."""

    archive: Orthanc
    proxy: Proxy
    home: Path
    checkout: Path
    metrics: str
    health_checks: Mapping[str, list[str]]

    def log(self, name: str) -> str:
        """What "app" or "node" wrote to standard error."""
        return (self.home.parent / f"{name}.log").read_text()

    def is_healthy(self, name: str) -> bool:
        """Whether the packaged health check of "app" or "node" passes."""
        return subprocess.run(native(self.health_checks[name]), capture_output=True, check=False).returncode == 0


@contextmanager
def service(folder: Path, people: Mapping[str, tuple[str, str]]) -> Iterator[Service]:
    """Run the service, with a provider that knows `people`: role and name by subject. All of it ends with the block."""
    import oidc_provider_mock as provider

    home, checkout = folder / "home", build_context(folder / "opt")
    home.mkdir()
    ports = {name: free_port() for name in ("app", "node", "metrics")}
    account = folder / "archive-account"
    account.touch(0o600)
    account.write_text(f"{USER}:{PASSWORD}\n")
    users = [
        provider.User(sub=person, claims={"roles": [ROLES[role]], "name": name})
        for person, (role, name) in people.items()
    ]
    proxy = configured(folder / "nginx", ports["app"])
    with (
        provider.run_server_in_thread(user_claims=users) as server,
        orthanc(folder / "archive", **archive_settings(ports["node"])) as archive,
        behind_nginx(proxy),
    ):
        metadata = f"http://localhost:{server.server_port}/.well-known/openid-configuration"
        allowed = {"address": proxy.address, "patient_names": ["administrator"]}
        write_access(home, metadata, "", **allowed)
        packaged = services(
            {
                "8501": str(ports["app"]),
                "11112": str(ports["node"]),
                "9464": str(ports["metrics"]),
                "8042": str(archive.http_port),
                "4242": str(archive.dicom_port),
                "/var/lib/cxr/archive-account": str(account),
            }
        )
        check = [word.replace("8501", str(ports["app"])) for word in container_commands()[0]]
        checks = {"app": check, "node": packaged["node"]["healthcheck"]["test"][1:]}
        running = Service(archive, proxy, home, checkout, f"http://127.0.0.1:{ports['metrics']}/metrics", checks)
        with _started(running, "node", packaged["node"]), _started(running, "app", packaged["app"]):
            wait_until(lambda: "Listening" in running.log("node"), STARTS_WITHIN, "the node")
            yield running


@contextmanager
def _started(service: Service, name: str, packaged: dict[str, Any]) -> Iterator[None]:
    """Run a service of the compose file until its health check passes, and until the end of the block."""
    environment = os.environ | packaged["environment"] | {"CXR_HOME": str(service.home)}
    with (service.home.parent / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            native(packaged["command"]),
            cwd=service.checkout,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: process.poll() is not None or service.is_healthy(name), STARTS_WITHIN, name)
        assert process.poll() is None, service.log(name)
        yield
    finally:
        process.terminate()
        process.wait(120)
        with suppress(ProcessLookupError):  # systemd, or the container's end, would end the server that it started
            os.killpg(process.pid, signal.SIGKILL)


def gauges(service: Service) -> dict[str, float]:
    """The node's metrics by name and labels."""
    with urllib.request.urlopen(service.metrics, timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}
