"""What serves the pages: Streamlit's ASGI application behind a gate that every request passes.

The gate refuses requests that name a host this server does not answer for, so that no web page can reach it through a
name of its own that leads to this machine (DNS rebinding), and WebSockets that another site's page opens. It gives
every response the headers that keep a browser from loading or sending anything elsewhere. Uploads stay in memory.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from streamlit import cli_util, config
from streamlit.web.server import server_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        # Streamlit's page has an inline script; components are loaded from blobs; Vega compiles its expressions.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FOREIGN_HOST = "This server does not answer under the host name of this address. See docs/security.md."
FOREIGN_PAGE = "A page of another site may not use this server."
_MEGABYTE = 1024 * 1024


class Gate:
    """ASGI middleware: refuses what does not belong here, and sets HEADERS on every response."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or answer it with status 403 and one sentence."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)

        async def send_with_headers(message: "Message") -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if problem := refusal(scope):
            response = PlainTextResponse(problem, status_code=403)
            return await response(scope, receive, send_with_headers)
        await self._app(scope, receive, send_with_headers)


def refusal(scope: "Scope") -> str:
    """Why a request is refused, one sentence, "" if it is not.

    Raises nothing: a header that cannot be read is a reason to refuse.
    """
    headers = Headers(scope=scope)
    host, origin = headers.get("host"), headers.get("origin")
    if not is_host_allowed(host):
        return FOREIGN_HOST
    changes_something = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
    if origin is not None and changes_something and not _same_site(origin, host):
        return FOREIGN_PAGE
    return ""


def keep_uploads_in_memory() -> None:
    """Starlette writes what is above 1 MB to the temporary folder; here it keeps what Streamlit would accept."""
    MultiPartParser.spool_max_size = (config.get_option("server.maxUploadSize") + 1) * _MEGABYTE


def arguments_of_app() -> dict[str, Any]:
    """The arguments of `streamlit.App` beside the script."""
    keep_uploads_in_memory()
    return {"middleware": [Middleware(Gate)], "lifespan": _open_browser}


@asynccontextmanager
async def _open_browser(_: object) -> AsyncIterator[None]:
    """`streamlit run` opens a browser for a script, but not for an application."""
    if not config.get_option("server.headless"):
        address = server_util.get_display_address(config.get_option("server.address"))
        asyncio.get_running_loop().call_soon(cli_util.open_browser, server_util.get_url(address))
    yield


def _same_site(origin: str, host: str | None) -> bool:
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False
