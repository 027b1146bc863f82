"""Twenty concurrent sessions on a real server: no error, no mix-up of films, constant memory.

    python -m benchmarks.load.concurrent_sessions [--sessions 20] [--minutes 5] [--films 3] [--checkout DIR]
        [--data ../shared/data/chest_xray]

Each session is a client that speaks the browser's protocol and keeps its connections open, so that the clients use
little of the 2 cores; their processor time is printed beside the server's. A session drops films of its own, made of
the six synthetic sample films or, with --data, of 60 of a data set, waits for their answers, checks that the worklist
has the hashes of its films and no other, removes them and repeats. Loopback only; the server has its own home folder
and ends with the run. Target: no error, no mix-up, and under 10% more memory at the end than after the first minute.
"""

import argparse
import asyncio
import hashlib
import io
import json
import tempfile
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path

import numpy as np
import psutil
import urllib3
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from cxr_core.datasets.demo import sample_films
from cxr_core.datasets.index import build_index
from cxr_core.paths import REPOSITORY
from tests.support.server import served

ANSWER_TIMEOUT = 300.0
REPORT_EVERY = 15.0
REAL_FILMS = 60


@dataclass
class Tally:
    """The results of all sessions: films answered, processor time of server and clients, seconds per round, errors."""

    answers: int = 0
    server: float = 0.0
    clients: float = 0.0
    rounds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Session:
    """One session: its connection and the state of its page."""

    def __init__(self, number: int, address: str, films: list[Image.Image], tally: Tally) -> None:
        self.number, self.address, self.films, self.tally = number, address, films, tally
        # Tries again, as a browser does, where the server has closed a connection that was at rest.
        self.browser = urllib3.connection_from_url(address, retries=2, timeout=60)
        self.cookies: dict[str, str] = {}
        self.session_id = self.page = ""
        self.uploaders: list[str] = []  # the first is for files, the next for a folder
        self.hashes: set[str] = set()

    async def work(self, until: float, films: int) -> None:
        """Repeat rounds until the time is up; an error ends the session and is recorded."""
        rng = np.random.default_rng(self.number)
        try:
            self.cookies = await asyncio.to_thread(self.browser_cookies)
            async with self.connected() as line:
                await self.run(line, [])
                while time.monotonic() < until:
                    started = time.monotonic()
                    await self.round(line, [self.film(rng) for _ in range(films)])
                    self.tally.rounds.append(time.monotonic() - started)
        except Exception as error:
            self.tally.errors.append(f"session {self.number}: {type(error).__name__} {error}")

    def browser_cookies(self) -> dict[str, str]:
        """The cookies with which the session begins."""
        cookies = SimpleCookie()
        for header in self.browser.request("GET", "/_stcore/health").headers.getlist("set-cookie"):
            cookies.load(header)
        return {name: cookie.value for name, cookie in cookies.items()}

    @property
    def headers(self) -> dict[str, str]:
        """What each request of the browser says."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""), "Cookie": cookies}

    def connected(self) -> connect:
        """The WebSocket, opened as a browser does with these cookies."""
        url = self.address.replace("http", "ws") + "/_stcore/stream"
        protocols = [Subprotocol("streamlit"), Subprotocol(self.cookies.get("_streamlit_xsrf") or "none")]
        return connect(
            url,
            subprotocols=protocols,
            max_size=None,
            open_timeout=ANSWER_TIMEOUT,
            ping_timeout=None,  # a browser sends no pings; a busy machine may answer late
            origin=Origin(self.address),
            additional_headers={"Cookie": self.headers["Cookie"]},
        )

    def film(self, rng: np.random.Generator) -> bytes:
        """A film that no other session has: one of the films, with noise in one corner."""
        film = np.array(self.films[rng.integers(len(self.films))])
        film[:8, :8] = rng.integers(0, 255, (8, 8))
        buffer = io.BytesIO()
        Image.fromarray(film).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    async def round(self, line: ClientConnection, films: list[bytes]) -> None:
        """Drop films, check the answers, remove the films."""
        urls = await self.urls(line, len(films))
        for url, film in zip(urls, films, strict=True):
            await asyncio.to_thread(self.upload, url, film)
        await self.run(line, list(zip(urls, films, strict=True)))
        expected = {hashlib.sha256(film).hexdigest() for film in films}
        if self.hashes != expected:
            raise RuntimeError(f"answers for other films: {self.hashes - expected}")
        self.tally.answers += len(films)
        for url in urls:
            await asyncio.to_thread(self.delete, url)
        await self.run(line, [])

    async def urls(self, line: ClientConnection, number: int) -> list[FileURLs]:
        """URLs to upload files to."""
        request = BackMsg()
        request.file_urls_request.session_id = self.session_id
        request.file_urls_request.request_id = "films"
        request.file_urls_request.file_names.extend(f"{self.number}-{i}.png" for i in range(number))
        await line.send(request.SerializeToString())
        while True:
            answer = await self.receive(line, time.monotonic() + ANSWER_TIMEOUT)
            if answer.HasField("file_urls_response"):
                return list(answer.file_urls_response.file_urls)

    def upload(self, url: FileURLs, film: bytes) -> None:
        """Upload a film as the browser does."""
        fields = {"file": ("film.png", film, "image/png")}
        self.accepted(self.browser.request("PUT", url.upload_url, fields=fields, headers=self.headers))

    def delete(self, url: FileURLs) -> None:
        """Delete a film as the browser does when a file is removed from the drop zone."""
        self.accepted(self.browser.request("DELETE", url.delete_url, headers=self.headers))

    def accepted(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raises RuntimeError for an answer that tells of an error."""
        if answer.status >= 400:
            raise RuntimeError(f"the server answered {answer.status}: {answer.data[:300]!r}")

    def request(self, files: list[tuple[FileURLs, bytes]]) -> BackMsg:
        """What a browser sends to run the page with these files in its drop zone."""
        request = BackMsg()
        request.rerun_script.page_script_hash = self.page  # else the server runs another page
        for uploader in self.uploaders:
            state = request.rerun_script.widget_states.widgets.add()
            state.id = uploader
            state.file_uploader_state_value.SetInParent()
            for url, film in files if uploader == self.uploaders[0] else []:
                info = state.file_uploader_state_value.uploaded_file_info.add()
                info.name, info.size, info.file_id = f"{self.number}.png", len(film), url.file_id
                info.file_urls.CopyFrom(url)
        return request

    async def run(self, line: ClientConnection, files: list[tuple[FileURLs, bytes]]) -> None:
        """Run the page with these files in its drop zone until it has finished and shows their answers."""
        self.hashes = set()
        await line.send(self.request(files).SerializeToString())
        ends = time.monotonic() + ANSWER_TIMEOUT
        finished = False
        while not finished or len(self.hashes) < len(files):
            message = await self.receive(line, ends)
            if message.HasField("script_finished"):
                finished = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY

    async def receive(self, line: ClientConnection, ends: float) -> ForwardMsg:
        """The next message; updates the state of the page from it."""
        message = ForwardMsg()
        data = await asyncio.wait_for(line.recv(), max(0.1, ends - time.monotonic()))
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if message.HasField("new_session"):
            self.session_id = message.new_session.initialize.session_id or self.session_id
        if message.HasField("navigation"):
            self.page = message.navigation.page_script_hash
        if message.HasField("delta"):
            element = message.delta.new_element
            kind = element.WhichOneof("type")
            if kind == "exception":
                failure = element.exception
                where = [*failure.stack_trace][-2:]
                raise RuntimeError(f"the page failed: {failure.type} {failure.message[:300]} {where}")
            if kind == "file_uploader" and element.file_uploader.id not in self.uploaders:
                self.uploaders.append(element.file_uploader.id)
            if kind == "bidi_component" and '"rows"' in element.bidi_component.json:
                data = json.loads(element.bidi_component.json)
                (data,) = data.get("drawn", (data,))  # version c3f5f0b sends it bare
                self.hashes = {row["sha256"] for row in data["rows"]}
        return message


def server_at(port: int) -> psutil.Process | None:
    """The process that listens on the port."""
    for process in psutil.process_iter():
        try:
            if any(c.status == "LISTEN" and c.laddr.port == port for c in process.net_connections("tcp")):
                return process
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return None


def memory_of(port: int) -> float:
    """Resident memory, in megabytes, of the process that listens on the port."""
    server = server_at(port)
    return float(server.memory_info().rss / 1e6) if server else 0.0


def processor_time_of(port: int) -> float:
    """Processor time, in seconds, of the process that listens on the port."""
    server = server_at(port)
    return float(sum(server.cpu_times()[:2])) if server else 0.0


async def watch(until: float, port: int, tally: Tally) -> list[tuple[float, float]]:
    """Print progress every REPORT_EVERY seconds; returns (seconds, megabytes) of the server for each line."""
    started, samples = time.monotonic(), []
    while time.monotonic() < until:
        await asyncio.sleep(REPORT_EVERY)
        seconds, megabytes = time.monotonic() - started, memory_of(port)
        samples.append((seconds, megabytes))
        slowest = max(tally.rounds, default=0.0)
        print(
            f"{seconds:5.0f} s  {tally.answers:5} answers  slowest round {slowest:5.1f} s  {megabytes:6.0f} MB",
            flush=True,
        )
    return samples


def real_films(data: Path) -> list[Path]:
    """REAL_FILMS films of a data set, evenly spaced."""
    index = build_index(data)
    paths = index.readable["path"]
    return [index.root / path for path in paths[:: max(1, len(paths) // REAL_FILMS)][:REAL_FILMS]]


async def load(
    address: str, sessions: int, minutes: float, films: int, of: list[Path]
) -> tuple[Tally, list[tuple[float, float]]]:
    """Run all sessions concurrently, each round with so many films of these; their tally and the samples of `watch`."""
    tally, until = Tally(), time.monotonic() + minutes * 60
    pictures = [Image.open(path).convert("L") for path in of]
    running = [Session(number, address, pictures, tally).work(until, films) for number in range(sessions)]
    port = int(address.rsplit(":", 1)[1])
    before, own = processor_time_of(port), time.process_time()
    watching = asyncio.create_task(watch(until, port, tally))
    await asyncio.gather(*running)
    tally.server, tally.clients = processor_time_of(port) - before, time.process_time() - own
    return tally, await watching


def main() -> None:
    """Serve, run the sessions, print the results; exit 1 on any error or growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--films", type=int, default=3)
    parser.add_argument(
        "--checkout", type=Path, default=REPOSITORY, help="another checkout of this repository to serve"
    )
    parser.add_argument("--data", type=Path, help="a data set whose films are dropped")
    arguments = parser.parse_args()
    of = real_films(arguments.data) if arguments.data else sample_films()
    with tempfile.TemporaryDirectory() as home:
        with served(Path(home), checkout=arguments.checkout.resolve()) as address:
            tally, samples = asyncio.run(load(address, arguments.sessions, arguments.minutes, arguments.films, of))
        log = (Path(home) / "stderr.txt").read_text().splitlines()
        faults = [line for line in log if line.startswith(("  File", "Traceback")) or "Error" in line]
    settled = next((megabytes for seconds, megabytes in samples if seconds >= 60), samples[0][1])
    growth = samples[-1][1] / settled - 1 if settled else 0.0
    rounds = sorted(tally.rounds) or [0.0]
    print(f"{tally.answers} answers in {len(tally.rounds)} rounds, median {rounds[len(rounds) // 2]:.2f} s, ", end="")
    server, clients = (1000 * used / len(rounds) for used in (tally.server, tally.clients))
    print(f"{server:.0f} ms of the server's processor time a round, {clients:.0f} ms of all clients'")
    print(f"memory {settled:.0f} MB after the first minute, {growth:+.1%} at the end; {len(tally.errors)} errors")
    for error in dict.fromkeys(faults[:20] + tally.errors[:10]):
        print(error)
    if tally.errors or faults or growth > 0.1:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
