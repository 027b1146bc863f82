"""The answer to a first film: who asked gets it before the upload is confirmed, and nobody else's upload is read."""

import asyncio
import json
from typing import Any

import pytest

from cxr_core.app import first_answer
from cxr_core.app.first_answer import PATH, Awaited, FirstAnswer, await_first
from tests.support.waiting import result_of

ANSWER = {"film": "file", "banner": "Normal"}


class Server:
    """The middleware with an application behind it that accepts each upload with `status`; `log` says what was sent."""

    def __init__(self, status: int = 204) -> None:
        self.status, self.log, self.gone = status, [], asyncio.Event()  # type: ignore[var-annotated]
        self.middleware = FirstAnswer(self._app)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def request(self, method: str, path: str) -> tuple[int, bytes]:
        """Status and body of a request."""
        status, body = 0, b""

        async def send(message: Any) -> None:
            nonlocal status, body
            self.log.append(f"{method} {message['type']}")
            status, body = message.get("status", status), body + message.get("body", b"")

        async def receive() -> Any:
            await self.gone.wait()
            return {"type": "http.disconnect"}

        await self.middleware({"type": "http", "method": method, "path": path}, receive, send)
        return status, body

    def ask(self, session: str = "one") -> "asyncio.Task[tuple[int, bytes]]":
        """The question of a browser."""
        return asyncio.ensure_future(self.request("GET", f"/{PATH}/{session}"))

    async def upload(self, session: str = "one", file: str = "file") -> int:
        """The status of an upload."""
        return (await self.request("PUT", f"/_stcore/upload_file/{session}/{file}"))[0]


def awaiting(read: Any) -> Awaited:
    """The session "one" awaits its first film."""
    awaited = Awaited(read)
    await_first("one", awaited)
    return awaited


def test_who_asked_is_answered_before_the_upload_is_confirmed() -> None:
    async def run() -> None:
        server, read = Server(), []
        awaited = awaiting(lambda file: read.append(file) or ANSWER)
        asked = server.ask()
        await asyncio.sleep(0)
        uploading = asyncio.ensure_future(server.upload())
        status, body = await asked
        assert (status, json.loads(body), read) == (200, ANSWER, ["file"])
        assert not uploading.done()
        assert (await server.request("POST", f"/{PATH}/one"))[0] == 204  # it is drawn
        assert await uploading == 204
        assert server.log.index("GET http.response.body") < server.log.index("PUT http.response.start")
        assert await server.upload(file="second") == 204
        assert (await server.ask())[0] == 204  # one answer only
        assert (read, awaited.asked) == (["file"], 0)

    result_of(run())


def test_an_upload_that_nobody_asks_about_is_not_read() -> None:
    async def run() -> None:
        server, read = Server(), []
        awaited = awaiting(read.append)
        assert await server.upload() == 204
        assert await server.upload("another") == 204
        assert (await server.ask("another"))[0] == 204
        assert (read, awaited.begun) == ([], False)

    result_of(run())


@pytest.mark.parametrize(("status", "reads"), [(413, 0), (204, 1)])
def test_without_an_answer_the_page_answers(status: int, reads: int) -> None:
    async def run() -> None:
        server, read = Server(status), []
        awaited = awaiting(read.append)  # returns None
        asked = server.ask()
        await asyncio.sleep(0)
        assert await server.upload() == status
        assert await asked == (204, b"")
        assert (len(read), awaited.begun) == (reads, True)

    result_of(run())


def test_a_fault_is_logged_and_the_upload_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    def fail(file: str) -> None:
        raise RuntimeError("a name")

    async def run() -> None:
        server = Server()
        awaited = awaiting(fail)
        asked = server.ask()
        await asyncio.sleep(0)
        assert await server.upload() == 204
        assert (await asked)[0] == 204
        assert awaited.begun

    result_of(run())
    assert "RuntimeError" in caplog.text
    assert "a name" not in caplog.text


def test_a_browser_that_is_gone_and_one_that_waits_too_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        server, read = Server(), []
        awaited = awaiting(read.append)
        server.gone.set()
        assert (await server.ask())[0] == 204
        server.gone.clear()
        monkeypatch.setattr(first_answer, "WAIT_SECONDS", 0)
        assert (await server.ask())[0] == 204
        assert await server.upload() == 204
        assert (read, awaited.asked) == ([], 0)

    result_of(run())


def test_a_session_that_has_ended_is_forgotten() -> None:
    async def run() -> None:
        server = Server()
        awaiting(lambda file: ANSWER)
        assert (await server.ask())[0] == 204
        assert (await server.request("POST", f"/{PATH}/one"))[0] == 204


def test_an_answer_that_is_never_drawn_holds_the_upload_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr(first_answer, "DRAWN_SECONDS", 0)
        server = Server()
        awaited = awaiting(lambda file: ANSWER)
        asked = server.ask()
        await asyncio.sleep(0)
        assert await server.upload() == 204
        assert (await asked)[0] == 200
        assert not awaited.drawn.is_set()

    result_of(run())
