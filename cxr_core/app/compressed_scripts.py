"""The scripts and styles of the pages, compressed on their way: Streamlit sends its own 2.4 MB of them as they are."""

from typing import TYPE_CHECKING

from starlette.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1024
LEVEL = 4  # 13% of the largest script's size; the highest level saves another 1% at four times the work
ENDINGS = (".js", ".css")


class CompressedScripts:
    """ASGI middleware: gzip for scripts and styles, where the browser accepts it; anything else passes as it is."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=LEAST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on."""
        compressed = scope["type"] == "http" and scope["path"].endswith(ENDINGS)
        await (self._compressing if compressed else self._app)(scope, receive, send)
