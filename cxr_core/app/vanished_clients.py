"""Clients that go away in the middle of a request: an event with a count in the log, not a fault."""

import logging
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

EVENT = "a client went away in the middle of a request"
_log = logging.getLogger(__name__)


class VanishedClients:
    """ASGI middleware: ends a request whose client has gone.

    Starlette raises `ClientDisconnect` where the body of such a request is read, and Streamlit's upload does not catch
    it: the server would write it to standard error, with its frames. Any other exception passes.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._number = 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on."""
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            self._number += 1
            _log.info("%s, %d since the server started", EVENT, self._number)
