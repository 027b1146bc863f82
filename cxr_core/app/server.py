"""What serves the pages: Streamlit's ASGI application behind a gate that every request passes.

The gate refuses requests that name a host this server does not answer for, so that no web page can reach it through a
name of its own that leads to this machine (DNS rebinding), and WebSockets that another site's page opens. It gives
every response the headers that keep a browser from loading or sending anything elsewhere. Uploads stay in memory.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.formparsers import MultiPartParser
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from streamlit import cli_util, config
from streamlit.web.server import server_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from cxr_core.access import HOW_TO_CONFIGURE, SignIn, check_start
from cxr_core.app.account import settings
from cxr_core.app.client_messages import ClientMessages
from cxr_core.app.compressed_scripts import CompressedScripts
from cxr_core.app.first_answer import FirstAnswer
from cxr_core.app.upload_rate import UploadRate
from cxr_core.app.vanished_clients import VanishedClients
from cxr_core.errors import CXRError, SettingsError
from cxr_core.limits import NETWORK_SECONDS
from cxr_core.patient_key import secret_key

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
FORWARDED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
FOREIGN_HOST = "This server does not answer under the host name of this address. See docs/security.md."
FOREIGN_PAGE = "A page of another site may not use this server."
_MEGABYTE = 1024 * 1024


class Gate:
    """ASGI middleware: refuses what does not belong here, and sets HEADERS on every response.

    upload_bytes_a_minute: of one person, where people sign in; None without sign-in.
    """

    def __init__(self, app: "ASGIApp", upload_bytes_a_minute: float | None = None) -> None:
        self._app = app
        self._uploads = UploadRate(upload_bytes_a_minute) if upload_bytes_a_minute else None

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or answer it with one sentence."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)

        async def send_with_headers(message: "Message") -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        problem, status = refusal(scope), 403
        if self._uploads and not problem:
            problem, status = self._uploads.refusal(scope)
        elif not problem and (forwarded := FORWARDED.intersection(Headers(scope=scope))):
            problem = f"This server was reached through a proxy ({min(forwarded)}) without sign-in: {HOW_TO_CONFIGURE}."
        if problem:
            response = PlainTextResponse(problem, status_code=status)
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
    """The arguments of `streamlit.App` beside the script.

    Ends the process with status 2 and one sentence if others could use the server without sign-in.
    """
    keep_uploads_in_memory()
    hosts = list(config.get_option("server.allowedHosts"))
    try:
        access = settings()
        check_start(config.get_option("server.address") or "", hosts, access)
        if access is None:
            return {"middleware": _middleware(), "lifespan": _open_browser}
        secrets = {"auth": _provider(access)}
    except CXRError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    config.set_option("server.allowedHosts", [*hosts, access.host])
    middleware = _middleware(access.upload_megabytes_a_minute * _MEGABYTE)
    return {"middleware": middleware, "lifespan": _open_browser, "secrets": secrets}


def _middleware(upload_bytes_a_minute: float | None = None) -> list[Middleware]:
    """What every request passes, the outermost first."""
    gate = Middleware(Gate, upload_bytes_a_minute=upload_bytes_a_minute)
    inner = [Middleware(one) for one in (ClientMessages, FirstAnswer, CompressedScripts)]
    return [Middleware(VanishedClients), gate, *inner]


def _provider(access: SignIn) -> dict[str, Any]:
    """Streamlit's `[auth]` section. Raises SettingsError if the packages for signing in are missing."""
    if not all(find_spec(name) for name in ("authlib", "httpx")):
        raise SettingsError("signing in needs the packages of requirements-server.txt", thing="access.toml")
    return {
        "redirect_uri": f"{access.address}/oauth2callback",
        "cookie_secret": secret_key("cookie.key").hex(),
        "client_id": access.client_id,
        "client_secret": access.client_secret,
        "server_metadata_url": access.metadata_url,
        "client_kwargs": {"timeout": NETWORK_SECONDS},
    }


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
