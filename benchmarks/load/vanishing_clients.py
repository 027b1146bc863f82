"""Clients that connect, send a film of 2.4 MB and vanish: the server's memory returns.

    python -m benchmarks.load.vanishing_clients [--clients 50] [--waves 2] [--growth 1.1] [--kept 120]

A third of the clients vanish in the middle of the upload, a third after it, a third while their film is read; nothing
is closed, the connections are reset. The first wave warms the server up; Streamlit keeps what a lost session holds for
two minutes, in case that the browser comes back (`--kept`). Memory is compared after that, with nobody connected: each
later wave must return to `--growth` times what the first left, at most, within `PATIENCE`. Prints the peak of each wave
too. Nothing may be on the server's standard error, and each client of the first kind is an event in its log.
"""

import argparse
import asyncio
import math
import os
import socket
import struct
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from benchmarks.load.concurrent_sessions import ANSWER_TIMEOUT, Session, Tally, memory_of
from cxr_core.app.vanished_clients import EVENT
from tests.support.server import served
from tests.support.synthetic_films import encoded

KEPT_OPTION = "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL"
PATIENCE = 600.0
LOOK_SECONDS = 1.0
SHAPE = 1500, 1600  # one byte a pixel, and noise does not compress: 2.4 MB


class Vanishing(Session):
    """A client that vanishes. number: in which way, see `WAYS`."""

    WAYS = ("in the middle of the upload", "after the upload", "while the film is read")

    async def vanish(self, film: bytes) -> None:
        """Connect, send and vanish; an error before that is recorded."""
        way = self.WAYS[self.number % len(self.WAYS)]
        try:
            if not self.cookies:
                self.cookies = await asyncio.to_thread(self.browser_cookies)
            async with self.connected() as line:
                await self.run(line, [])
                (url,) = await self.urls(line, 1)
                if way == self.WAYS[0]:
                    await asyncio.to_thread(self._cut_upload, url.upload_url, film)
                else:
                    await asyncio.to_thread(self.upload, url, film)
                if way == self.WAYS[2]:
                    await line.send(self.request([(url, film)]).SerializeToString())
                line.transport.abort()
        except Exception as error:
            self.tally.errors.append(f"client {self.number}, {way}: {type(error).__name__} {error}")

    def _cut_upload(self, path: str, film: bytes) -> None:
        """Send half of an upload that the server has begun to read, then reset the connection."""
        server = urlsplit(self.address)
        own = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: {server.netloc}\r\n{own}"
            f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(film) + 200}\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="film.png"\r\n\r\n'
        with socket.create_connection((server.hostname or "", server.port or 80), timeout=ANSWER_TIMEOUT) as line:
            line.sendall(head.encode())
            if not (answer := line.recv(1024)).startswith(b"HTTP/1.1 100"):
                raise RuntimeError(f"the upload was answered with {answer[:40]!r}")
            line.sendall(part + film[: len(film) // 2])
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def send_wave(address: str, clients: int, cookies: dict[str, str] | None = None) -> list[str]:
    """Send clients that all vanish; returns what went wrong before they did. cookies: of a sign-in."""
    tally, rng = Tally(), np.random.default_rng()
    sessions = [Vanishing(number, address, [], tally) for number in range(clients)]
    for session in sessions:
        session.cookies = cookies or session.cookies
    films = [encoded(Image.fromarray(rng.integers(0, 256, SHAPE, np.uint8)), "PNG") for _ in range(clients)]
    await asyncio.gather(*(session.vanish(film) for session, film in zip(sessions, films, strict=True)))
    return tally.errors


def visit(address: str) -> None:
    """Somebody looks in: Streamlit forgets lost sessions when another begins."""
    session = Session(0, address, [], Tally())

    async def look() -> None:
        session.cookies = session.browser_cookies()
        async with session.connected() as line:
            await session.run(line, [])

    asyncio.run(look())


def main() -> None:
    """Serve, send the waves, print the memory; exit 1 on an error, or if it does not return."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--waves", type=int, default=2)
    parser.add_argument("--growth", type=float, default=1.1, help="of the memory, the most")
    parser.add_argument("--kept", type=int, default=120, help="seconds for which the server keeps a lost session")
    arguments = parser.parse_args()
    os.environ[KEPT_OPTION] = str(arguments.kept)
    errors: list[str] = []
    settled: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with served(home) as address:
            port = int(address.rsplit(":", 1)[1])
            for wave in range(arguments.waves):
                errors += asyncio.run(send_wave(address, arguments.clients))
                most = arguments.growth * settled[0] if settled else math.inf
                peak, memory = settle(address, memory_of(port), arguments.kept, most)
                settled.append(memory)
                print(f"wave {wave + 1}: at most {peak:.0f} MB, then {memory:.0f} MB", flush=True)
        errors += (home / "stderr.txt").read_text().splitlines()
        vanished = sum(log.read_text().count(EVENT) for log in (home / "logs").glob("app-*"))
    cut = arguments.waves * len(range(0, arguments.clients, len(Vanishing.WAYS)))
    if vanished != cut:
        errors.append(f"{cut} clients went away in the middle of an upload, {vanished} are in the log")
    for problem in errors[:10]:
        print(problem)
    if errors or settled[-1] > arguments.growth * settled[0]:
        raise SystemExit(1)


def settle(address: str, peak: float, kept: float, most: float) -> tuple[float, float]:
    """Wait until the server has forgotten its lost sessions and has come down to `most` megabytes, or for PATIENCE.

    kept: seconds for which it keeps a lost session. Returns its highest memory, at least `peak`, and its last.
    """
    port, sent = int(address.rsplit(":", 1)[1]), time.monotonic()
    while True:
        time.sleep(LOOK_SECONDS)
        visit(address)
        memory, waited = memory_of(port), time.monotonic() - sent
        peak = max(peak, memory)
        if waited > PATIENCE or (waited > kept + LOOK_SECONDS and memory <= most):
            return peak, memory


if __name__ == "__main__":
    main()
