"""Debian's nginx with `packaging/nginx/cxr.conf`, on free ports of the loopback, with a certificate of its own."""

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.hospital.archive import free_port, wait_until
from tests.support.hospital.packaged import PACKAGING, changed

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
MISSING = [tool for tool, found in (("nginx-light", NGINX), ("openssl", shutil.which("openssl"))) if not found]
SKIP_REASON = f"apt-get install nginx-light openssl; missing: {', '.join(MISSING)}"
_MAIN = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cxr.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """nginx on the loopback. folder: of its files. port: with TLS. plain_port: without, which redirects."""

    folder: Path
    port: int
    plain_port: int

    @property
    def address(self) -> str:
        """Of the pages."""
        return f"https://localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        """That a client has to trust."""
        return self.folder / "certificate.pem"

    @property
    def log(self) -> str:
        """What nginx has said."""
        return (self.folder / "error.log").read_text()

    def trust(self) -> ssl.SSLContext:
        """For a client that trusts this certificate and no other."""
        return ssl.create_default_context(cafile=self.certificate)

    def command(self, *options: str) -> list[str]:
        """nginx with this configuration."""
        return [str(NGINX), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf"), *options]


def configured(folder: Path, upstream_port: int) -> Proxy:
    """Write certificate and configuration: the packaged one, with these ports, this host and this certificate."""
    folder.mkdir(parents=True)
    proxy = Proxy(folder, free_port(), free_port())
    changes = {
        "listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{proxy.port} ssl",
        "server_name cxr.example.org;": "server_name localhost;",
        "/etc/cxr/tls/": f"{folder}/",
        "http://127.0.0.1:8501;": f"http://127.0.0.1:{upstream_port};",
    }
    (folder / "cxr.conf").write_text(changed(PACKAGING / "nginx" / "cxr.conf", changes))
    as_user = "user root;\n" if os.geteuid() == 0 else ""  # its other user may not enter a test's folder
    (folder / "nginx.conf").write_text(as_user + _MAIN.format(folder=folder))
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:TRUE"]
    make += ["-keyout", str(folder / "key.pem"), "-out", str(proxy.certificate)]
    subprocess.run(make, check=True, capture_output=True)
    return proxy


@contextmanager
def behind_nginx(proxy: Proxy) -> Iterator[None]:
    """Run nginx; it is stopped at the end of the block."""
    server = subprocess.Popen(
        proxy.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_until(lambda: (proxy.folder / "nginx.pid").exists() or server.poll() is not None, 60, "nginx")
        assert server.poll() is None, proxy.log
        yield
    finally:
        server.terminate()
        server.wait(60)
