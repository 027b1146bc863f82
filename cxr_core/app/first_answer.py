"""The answer to a patient's first film, sent while Streamlit still handles the upload.

A session that shows no film says here how it would answer one. The browser that drops a single film asks for the
answer at once (GET); when the upload arrives it is read before it is confirmed, and the browser says when it has drawn
the answer (POST). Only then is the upload confirmed and the page drawn anew, which takes longer than reading. The page
takes over the same reading (`diagnose/first_film.py`).
"""

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from starlette.responses import JSONResponse, Response

from cxr_core.log import log_surprise

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "_cxr/first_answer"
WAIT_SECONDS = 30.0  # a slower upload is answered by the page
DRAWN_SECONDS = 1.0  # for the browser to draw the answer, undisturbed, before the upload is confirmed
NOT_STORED = {"Cache-Control": "no-store"}  # it shows a patient's film
_logger = logging.getLogger(__name__)
_ASKED = re.compile(rf"/{PATH}/([^/]+)$")
_UPLOADED = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")


@dataclass(eq=False)
class Awaited:
    """What a session would answer to its first film.

    read: of the uploaded file's id, the answer for the browser, JSON-ready, or None if the page is to answer; run in a
    thread. asked: how many requests wait for `answer`. drawn: set when it is on screen, or will not be.
    """

    read: Callable[[str], dict[str, Any] | None]
    asked: int = 0
    begun: bool = False
    answer: "Future[dict[str, Any] | None]" = field(default_factory=Future)
    drawn: asyncio.Event = field(default_factory=asyncio.Event)


_awaited: "WeakValueDictionary[str, Awaited]" = WeakValueDictionary()


def await_first(session: str, awaited: Awaited) -> None:
    """The session with this id, known to its own browser only, awaits its first film, as long as `awaited` is held."""
    _awaited[session] = awaited


class FirstAnswer:
    """ASGI middleware: answers who asks for a session's first answer, and reads the upload that it is about."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a question for a first answer; pass any other request on."""
        if scope["type"] == "http" and (found := _ASKED.search(scope["path"])):
            awaited = _awaited.get(found[1])
            if scope["method"] == "GET":
                return await _answer(awaited, scope, receive, send)
            if awaited:
                awaited.drawn.set()
            return await Response(status_code=204)(scope, receive, send)
        if scope["type"] == "http" and scope["method"] == "PUT" and (found := _UPLOADED.search(scope["path"])):
            awaited = _awaited.get(found[1])
            if awaited and awaited.asked and not awaited.begun:
                return await self._app(scope, receive, _reading_first(awaited, found[2], send))
        await self._app(scope, receive, send)


def _reading_first(awaited: Awaited, file_id: str, send: "Send") -> "Send":
    """Like `send`, but an upload that was accepted is read before that is said."""

    async def sent(message: "Message") -> None:
        if message["type"] == "http.response.start" and not awaited.begun:
            awaited.begun = True
            answer = None
            try:
                answer = await asyncio.to_thread(awaited.read, file_id) if message["status"] < 300 else None
            except Exception as error:
                log_surprise(_logger, error)  # the page reads the film again, and says what is wrong
            finally:
                awaited.answer.set_result(answer)
            with suppress(TimeoutError):
                await asyncio.wait_for(awaited.drawn.wait(), DRAWN_SECONDS)
        await send(message)

    return sent


async def _answer(awaited: Awaited | None, scope: "Scope", receive: "Receive", send: "Send") -> None:
    if awaited is None or awaited.begun:
        return await Response(status_code=204)(scope, receive, send)
    awaited.asked += 1
    gone: asyncio.Future[Any] = asyncio.ensure_future(_disconnected(receive))
    waiting: asyncio.Future[Any] = asyncio.wrap_future(awaited.answer)
    try:
        await asyncio.wait({gone, waiting}, timeout=WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        answer = waiting.result() if waiting.done() else None
        response = Response(status_code=204) if answer is None else JSONResponse(answer, headers=NOT_STORED)
        await response(scope, receive, send)
        if answer is None:
            awaited.drawn.set()
    finally:
        awaited.asked -= 1
        gone.cancel()


async def _disconnected(receive: "Receive") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
