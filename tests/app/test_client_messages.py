"""What a browser says over its WebSocket: pages' messages pass, the rest is dropped or ends the connection."""

import logging
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from cxr_core.app.client_messages import DROPPED, UNREADABLE, UNSUPPORTED_DATA, ClientMessages, kind_of
from tests.support.waiting import result_of

RERUN = BackMsg(rerun_script={"query_string": ""}).SerializeToString()  # type: ignore[arg-type]
GONE = {"type": "websocket.disconnect", "code": 1001}


def conversation(*frames: bytes | str, kind: str = "websocket") -> tuple[list[Any], list[Any]]:
    """What the application behind the door receives of these frames, and what is sent to the client."""
    names = {bytes: "bytes", str: "text"}
    left = iter([{"type": "websocket.receive", names[type(frame)]: frame} for frame in frames] + [GONE])
    received: list[Any] = []
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not received or received[-1]["type"] != "websocket.disconnect":
            received.append(await receive())

    async def receive() -> Any:
        return next(left)

    async def send(message: Any) -> None:
        sent.append(message)

    result_of(ClientMessages(app)({"type": kind}, receive, send))
    return received, sent


def test_what_a_page_sends_passes() -> None:
    received, sent = conversation(RERUN, BackMsg(app_heartbeat=True).SerializeToString())
    assert [message.get("bytes") for message in received] == [
        RERUN,
        BackMsg(app_heartbeat=True).SerializeToString(),
        None,
    ]
    assert not sent


@pytest.mark.parametrize("name", ["clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime"])
def test_what_acts_on_the_whole_server_is_dropped(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        received, sent = conversation(BackMsg(**{name: True}).SerializeToString(), RERUN)
    assert received == [{"type": "websocket.receive", "bytes": RERUN}, GONE]
    assert not sent
    assert [record.message for record in caplog.records] == [f"{DROPPED}, 1 since the server started"]


@pytest.mark.parametrize("frame", [b"\xff" * 300, b"", "hello", RERUN[:-1]])
def test_what_is_no_message_ends_the_connection(frame: bytes | str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        received, sent = conversation(frame, RERUN)
    assert received == [{"type": "websocket.disconnect", "code": UNSUPPORTED_DATA}]
    assert sent == [{"type": "websocket.close", "code": UNSUPPORTED_DATA}]
    assert [record.message for record in caplog.records] == [f"{UNREADABLE}, 1 since the server started"]


def test_a_request_is_no_conversation() -> None:
    assert conversation("hello", kind="http") == ([{"type": "websocket.receive", "text": "hello"}, GONE], [])


def test_kinds() -> None:
    assert kind_of(RERUN) == "rerun_script"
    assert kind_of(None) == ""
