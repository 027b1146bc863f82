"""What a browser may say to the server over its WebSocket: what a page needs, and nothing else.

Streamlit also takes messages that act on the whole server (one clears the caches of everybody) or tell about it (its
git repository); it takes them from anyone, signed in or not. They are dropped here. A message that cannot be read ends
the connection, before Streamlit writes its frames to standard error. Each is an event with a count in the log.
"""

import logging
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ACCEPTED = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"}
UNREADABLE = "a client sent what is no message, and its connection was closed"
DROPPED = "a client sent a message that no page sends, and it was dropped"
UNSUPPORTED_DATA = 1003  # RFC 6455, section 7.4.1
_log = logging.getLogger(__name__)


class ClientMessages:
    """ASGI middleware: passes on the WebSocket messages whose kind is in `ACCEPTED`."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._number = 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a connection on."""
        if scope["type"] != "websocket":
            return await self._app(scope, receive, send)
        closing = False

        async def accepted() -> "Message":
            nonlocal closing
            while (message := await receive())["type"] == "websocket.receive":
                kind = kind_of(message.get("bytes"))
                if kind in ACCEPTED:
                    break
                self._number += 1
                closing = not kind
                _log.info("%s, %d since the server started", UNREADABLE if closing else DROPPED, self._number)
                if closing:
                    return {"type": "websocket.disconnect", "code": UNSUPPORTED_DATA}
            return message

        await self._app(scope, accepted, send)
        if closing:
            await send({"type": "websocket.close", "code": UNSUPPORTED_DATA})


def kind_of(data: bytes | None) -> str:
    """The kind of a message from a browser, "" if it is none. data: None for a text frame."""
    message = BackMsg()
    try:
        message.ParseFromString(data or b"")
    except DecodeError:
        return ""
    return message.WhichOneof("type") or ""
