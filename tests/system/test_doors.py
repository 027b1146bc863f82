"""A real server on this machine: foreign host names, other sites, proxies and clients that misbehave get nothing."""

import http.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from benchmarks.load.vanishing_clients import Vanishing, send_wave
from cxr_core.app.client_messages import DROPPED, UNREADABLE, UNSUPPORTED_DATA
from cxr_core.app.server import FOREIGN_HOST, FOREIGN_PAGE, HEADERS
from cxr_core.app.vanished_clients import EVENT
from tests.support.server import served
from tests.support.waiting import result_of, wait_until

PATHS = ["/", "/models", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/media/a.png", "/static/a.js"]
SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("doors")) as address:
        yield urlsplit(address).netloc


def answer(server: str, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers; `headers` replace those that a client sends."""
    line = http.client.HTTPConnection(server, timeout=120)
    line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": server} | headers).items():
        line.putheader(name.replace("_", "-"), value)
    line.endheaders()
    found = line.getresponse()
    if found.status == 101:
        line.close()
        return 101, "", dict(found.headers)
    body = found.read().decode("utf-8", "replace")
    line.close()
    return found.status, body, dict(found.headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_name_gets_nothing(path: str, server: str) -> None:
    for host in ("evil.example", f"evil.example:{server.rpartition(':')[2]}", "127.0.0.1.evil.example"):
        for more in ({}, SOCKET | {"Origin": f"http://{host}"}):
            status, body, headers = answer(server, path, Host=host, **more)
            assert (status, body) == (403, FOREIGN_HOST)
            assert {name.lower(): value for name, value in headers.items()}["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_a_proxy_gets_nothing_without_sign_in(path: str, server: str) -> None:
    for header in ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"):
        status, body, _ = answer(server, path, **{header: "10.0.0.1"})
        assert status == 403
        assert "access.toml" in body


def test_a_page_of_another_site_opens_no_socket_and_uploads_nothing(server: str) -> None:
    assert answer(server, "/_stcore/stream", **SOCKET, Origin=f"http://{server}")[0] == 101
    assert answer(server, "/_stcore/stream", **SOCKET, Origin="http://evil.example")[:2] == (403, FOREIGN_PAGE)
    assert answer(server, "/_stcore/upload_file/a/b", "PUT", Origin="http://evil.example")[:2] == (403, FOREIGN_PAGE)


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers(path: str, server: str) -> None:
    found = {name.lower(): value for name, value in answer(server, path)[2].items()}
    assert {name: found.get(name.lower()) for name in HEADERS} == HEADERS


def test_clients_that_misbehave_are_counted_and_nothing_else(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        assert result_of(send_wave(address, len(Vanishing.WAYS))) == []
        for frame in (b"\xff" * 300, "hello"):
            with socket_of(address) as line:
                line.send(frame)
                with suppress(ConnectionClosed):
                    while line.recv(120):
                        pass
                assert line.close_code == UNSUPPORTED_DATA
        with socket_of(address) as line:
            line.send(BackMsg(clear_cache=True).SerializeToString())
            wait_until(lambda: counted(tmp_path) == {EVENT: 1, UNREADABLE: 2, DROPPED: 1})
    assert (tmp_path / "stderr.txt").read_text() == ""


def socket_of(address: str) -> ClientConnection:
    """A WebSocket as a page opens it."""
    stream = address.replace("http", "ws") + "/_stcore/stream"
    protocols = [Subprotocol("streamlit")]
    return connect(stream, subprotocols=protocols, origin=Origin(address), max_size=None, open_timeout=120)


def counted(home: Path) -> dict[str, int]:
    """How often each event is in the server's log."""
    log = "".join(file.read_text() for file in (home / "logs").glob("app-*"))
    return {event: log.count(event) for event in (EVENT, UNREADABLE, DROPPED)}
