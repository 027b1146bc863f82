"""A client that goes away in the middle of an upload is counted in the log; any other failure passes."""

import logging
from typing import Any

import pytest
from starlette.requests import Request

from cxr_core.app.vanished_clients import EVENT, VanishedClients
from tests.support.waiting import result_of

SCOPE: Any = {"type": "http", "method": "PUT", "path": "/", "headers": [(b"content-type", b"text/plain")]}


async def reads_the_body(scope: Any, receive: Any, send: Any) -> None:
    await Request(scope, receive).body()


def requests_of(messages: list[dict[str, Any]]) -> Any:
    """What a server hands to an application: these messages, one after another."""
    left = iter(messages)

    async def receive() -> Any:
        return next(left)

    return receive


def test_a_client_that_goes_away_is_an_event_with_a_count(caplog: pytest.LogCaptureFixture) -> None:
    door = VanishedClients(reads_the_body)
    cut = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            result_of(door(SCOPE, requests_of(cut), None))  # type: ignore[arg-type]
    messages = [record.message for record in caplog.records]
    assert messages == [f"{EVENT}, {n} since the server started" for n in (1, 2)]


def test_a_whole_request_is_no_event(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        whole = requests_of([{"type": "http.request", "body": b"all of it"}])
        result_of(VanishedClients(reads_the_body)(SCOPE, whole, None))  # type: ignore[arg-type]
    assert not caplog.records


def test_another_failure_is_not_hidden() -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("Stream consumed")

    with pytest.raises(RuntimeError, match="Stream consumed"):
        result_of(VanishedClients(fails)(SCOPE, None, None))  # type: ignore[arg-type]
