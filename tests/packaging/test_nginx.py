"""The packaged nginx file with Debian's nginx: TLS, redirection, headers, websockets, size of uploads."""

import http.client
import json
import socket
import ssl
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.support.hospital.nginx import MISSING, SKIP_REASON, Proxy, behind_nginx, configured

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
MEGABYTE = 1024 * 1024


class Upstream(BaseHTTPRequestHandler):
    """Stands for the pages: says what it received, and answers a websocket's handshake by echoing one line."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket" and self.headers.get("Connection") == "upgrade":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(self.rfile.readline())
            self.close_connection = True
            return
        self._answer({"path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()}})

    def do_PUT(self) -> None:
        received = sum(len(block) for block in self._blocks())
        self._answer({"received": received})

    def _blocks(self) -> Iterator[bytes]:
        left = int(self.headers["Content-Length"])
        while left:
            block = self.rfile.read(min(left, MEGABYTE))
            left -= len(block)
            yield block

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not logged."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    proxy = configured(tmp_path / "nginx", upstream.server_address[1])
    with behind_nginx(proxy):
        yield proxy
    upstream.shutdown()
    upstream.server_close()


def secure(proxy: Proxy) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("localhost", proxy.port, context=proxy.trust(), timeout=120)


def test_nginx_accepts_the_configuration(tmp_path: Path) -> None:
    proxy = configured(tmp_path / "nginx", 8501)
    done = subprocess.run(proxy.command("-t"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr + proxy.log


def test_what_is_asked_without_tls_is_redirected(proxy: Proxy) -> None:
    plain = http.client.HTTPConnection("localhost", proxy.plain_port, timeout=120)
    plain.request("GET", "/models?model=a", headers={"Host": "elsewhere.example"})
    answer = plain.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://localhost/models?model=a")


def test_headers_reach_the_pages_and_the_browser(proxy: Proxy) -> None:
    connection = secure(proxy)
    connection.request("GET", "/models?a=b", headers={"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Proto": "http"})
    answer = connection.getresponse()
    received = json.loads(answer.read())
    assert (answer.status, received["path"]) == (200, "/models?a=b")
    assert received["headers"]["host"] == f"localhost:{proxy.port}"
    assert received["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert received["headers"]["x-forwarded-proto"] == "https"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["Server"] == "nginx"  # without its version


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(proxy: Proxy, version: ssl.TLSVersion) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(proxy.certificate)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = version
    with (
        socket.create_connection(("localhost", proxy.port), timeout=120) as raw,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        old.wrap_socket(raw, server_hostname="localhost")


def test_a_websocket_is_upgraded(proxy: Proxy) -> None:
    with (
        socket.create_connection(("localhost", proxy.port), timeout=120) as raw,
        proxy.trust().wrap_socket(raw, server_hostname="localhost") as line,
    ):
        request = "GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        line.sendall(request.encode())
        answer = line.makefile("rb")
        assert answer.readline().startswith(b"HTTP/1.1 101")
        while answer.readline().strip():
            pass
        line.sendall(b"is it there?\n")
        assert answer.readline() == b"is it there?\n"


def test_an_upload_of_the_apps_limit_passes_and_a_larger_one_does_not(proxy: Proxy) -> None:
    limit = tomllib.loads((REPOSITORY / ".streamlit" / "config.toml").read_text())["server"]["maxUploadSize"]
    connection = secure(proxy)
    connection.request("PUT", "/_stcore/upload_file/a/b", body=bytes((limit + 1) * MEGABYTE))
    assert json.loads(connection.getresponse().read()) == {"received": (limit + 1) * MEGABYTE}
    assert not list((proxy.folder / "body").rglob("*/*"))  # nothing of it was written to the disk
    connection.putrequest("PUT", "/_stcore/upload_file/a/b")
    connection.putheader("Content-Length", str((limit + 20) * MEGABYTE))
    connection.endheaders()
    assert connection.getresponse().status == 413
