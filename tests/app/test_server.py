"""The gate: which requests are refused, what every response tells the browser, where uploads are kept."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from streamlit import config, net_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from cxr_core.app.server import FOREIGN_HOST, FOREIGN_PAGE, HEADERS, Gate, keep_uploads_in_memory
from tests.conftest import REPOSITORY
from tests.support.waiting import result_of

HOSTILE_HOSTS = ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "a b"]


@pytest.fixture(autouse=True)
def app_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's settings as the app's script finds them."""
    monkeypatch.setattr(config, "_main_script_path", str(REPOSITORY / "streamlit_app.py"))
    config.get_config_options(force_reparse=True)


def answer(kind: str = "http", method: str = "GET", **headers: str | None) -> list[dict[str, Any]]:
    """What the gate sends for a request; an application behind it answers 200."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    async def send(message: Any) -> None:
        sent.append(dict(message))

    pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
    scope: Any = {"type": kind, "headers": pairs, "extensions": {"websocket.http.response": {}}}
    scope |= {"method": method} if kind == "http" else {}
    result_of(Gate(app)(scope, None, send))  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", [*HOSTILE_HOSTS, None])
def test_a_host_name_that_is_not_ours_is_refused(kind: str, host: str | None) -> None:
    start, body = answer(kind, host=host)
    assert (start["status"], body["body"]) == (403, FOREIGN_HOST.encode())


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8502", "[::1]:8501", "LOCALHOST"])
def test_this_machines_own_names_pass(host: str) -> None:
    assert answer(host=host)[0]["status"] == 200
    assert answer("websocket", host=host, origin=f"http://{host}")[0]["status"] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9", "http://[", ""])
def test_a_page_of_another_site_opens_no_socket_and_changes_nothing(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_util, "get_external_ip", pytest.fail)  # Streamlit asks the internet before it refuses
    refused = [answer("websocket", host="127.0.0.1:8501", origin=origin)]
    refused += [answer(method=method, host="127.0.0.1:8501", origin=origin) for method in ("PUT", "POST", "DELETE")]
    for start, body in refused:
        assert (start["status"], body["body"]) == (403, FOREIGN_PAGE.encode())


def test_every_response_has_the_headers() -> None:
    for host in ("127.0.0.1", "evil.example"):
        headers = Headers(raw=answer(host=host)[0]["headers"])
        assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert not any(part in policy for part in ("http:", "https:", "//", "*"))


def test_the_server_is_told_its_address_and_asks_nobody() -> None:
    assert is_host_allowed("127.0.0.1:8501")
    assert not is_host_allowed("evil.example")
    assert config.get_option("browser.serverAddress") == "127.0.0.1"


def test_an_upload_above_a_megabyte_stays_in_memory() -> None:
    keep_uploads_in_memory()
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'

    async def body() -> AsyncIterator[bytes]:
        yield part
        for _ in range(30):
            yield bytes(100_000)
        yield b"\r\n--b--\r\n"

    async def parsed() -> Any:
        headers = Headers({"content-type": "multipart/form-data; boundary=b"})
        return await MultiPartParser(headers, body()).parse()

    upload = result_of(parsed())["f"]
    assert upload.size == 3_000_000
    assert upload._in_memory, "written to the temporary folder"


def test_a_request_through_a_proxy_is_refused_without_sign_in() -> None:
    for header in ("x-forwarded-for", "forwarded", "x-forwarded-host", "x-real-ip"):
        start, body = answer(**{"host": "127.0.0.1", header: "10.0.0.1"})
        assert start["status"] == 403
        assert b"access.toml" in body["body"]
