"""People of all roles, signed in at a real OpenID provider, on a real server: no error, no mix-up, constant memory.

    python -m benchmarks.load.signed_in_sessions [--sessions 20] [--minutes 5] [--films 3] [--vanishing 0]

Of five people three are readers, one a researcher, one an administrator. Each drops films of their own, as in
`concurrent_sessions`, and must be offered the pages of their role; researchers and administrators also go to the page
Models and back in each round. At the end the audit log must hold, with a line for each film that was answered, by the
account that dropped it. `--vanishing N`: once a minute N clients connect, send a film and vanish, see
`vanishing_clients`; `--sessions 5 --minutes 15 --vanishing 20` is the soak. Memory: of the server, after a fifth of the
time and at the end; `--growth` is the most that it may have become, 1.1 times by default.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

from benchmarks.load.concurrent_sessions import ANSWER_TIMEOUT, Session, Tally, watch
from benchmarks.load.vanishing_clients import send_wave
from cxr_core.datasets.demo import sample_films
from tests.support.served_app.with_sign_in import served_with_sign_in, sign_in
from tests.support.sign_in import ROLES

ROLE_OF = ("reader", "reader", "reader", "researcher", "administrator")
WAVE_SECONDS = 60.0


class Person(Session):
    """A session of somebody who has signed in."""

    def __init__(self, number: int, address: str, films: list[Image.Image], tally: Tally) -> None:
        super().__init__(number, address, films, tally)
        self.role = ROLE_OF[number % len(ROLE_OF)]
        self.pages: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The subject at the provider."""
        return f"{self.role}-{self.number}"

    def browser_cookies(self) -> dict[str, str]:
        """Those of a browser in which this person has signed in."""
        return {cookie.name: cookie.value or "" for cookie in sign_in(self.address, self.name)}

    async def round(self, line: ClientConnection, films: list[bytes]) -> None:
        """Drop films and check the answers; check the pages of the role, and open another one."""
        await super().round(line, films)
        if ("Models" in self.pages) != (self.role != "reader"):
            raise RuntimeError(f"a {self.role} is offered {', '.join(self.pages)}")
        if "Models" in self.pages:
            await self.open(line, "Models")
            await self.open(line, "Diagnose")

    async def open(self, line: ClientConnection, title: str) -> None:
        """Open a page and wait until it is drawn."""
        request = BackMsg()
        request.rerun_script.page_script_hash = self.pages[title]
        await line.send(request.SerializeToString())
        ends = time.monotonic() + ANSWER_TIMEOUT
        while True:
            message = await self.receive(line, ends)
            if message.HasField("script_finished") and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                break
        if self.page != self.pages[title]:
            raise RuntimeError(f"{title} was asked for, another page was drawn")

    async def receive(self, line: ClientConnection, ends: float) -> ForwardMsg:
        """The next message; notes the pages that are offered."""
        message = await super().receive(line, ends)
        if message.HasField("navigation"):
            self.pages = {page.page_name: page.page_script_hash for page in message.navigation.app_pages}
        return message


async def load(address: str, people: list[Person], until: float, films: int, vanishing: int) -> list[float]:
    """Run all sessions at once; returns the server's memory, in megabytes, along the way."""
    port = int(address.rsplit(":", 1)[1])
    watching = asyncio.create_task(watch(until, port, people[0].tally))
    waves = asyncio.create_task(_send_waves(address, people[-1], until, vanishing))
    await asyncio.gather(*(person.work(until, films) for person in people))
    await waves
    return [megabytes for _, megabytes in await watching]


async def _send_waves(address: str, person: Person, until: float, clients: int) -> None:
    """Clients that vanish, once a minute, with the sign-in of one person."""
    cookies = await asyncio.to_thread(person.browser_cookies) if clients else {}
    while cookies and time.monotonic() < until:
        person.tally.errors += await send_wave(address, clients, cookies)
        await asyncio.sleep(min(WAVE_SECONDS, max(0.0, until - time.monotonic())))


def audit_problems(home: Path, answers: int) -> list[str]:
    """What is wrong with the audit log after so many answered films; it may have more, of clients that vanished."""
    lines = [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]
    events = Counter(line["event"] for line in lines)
    readers: dict[str, set[str]] = {}
    for line in lines:
        if line["event"] == "reading":
            readers.setdefault(line["sha256"], set()).add(line["account"])
    problems = [] if events["reading"] >= answers else [f"{events['reading']} readings in the log, {answers} answers"]
    shared = sum(len(accounts) > 1 for accounts in readers.values())
    return problems + ([f"{shared} films are in the log for several accounts"] if shared else [])


def main() -> None:
    """Serve, run the sessions, print the results; exit 1 on any error or growth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--films", type=int, default=3)
    parser.add_argument("--vanishing", type=int, default=0, help="clients that vanish, each minute")
    parser.add_argument("--growth", type=float, default=1.1, help="of the memory, the most")
    arguments = parser.parse_args()
    tally = Tally()
    pictures = [Image.open(path).convert("L") for path in sample_films()]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        numbers = range(arguments.sessions)
        people = {f"{ROLE_OF[n % len(ROLE_OF)]}-{n}": ROLES[ROLE_OF[n % len(ROLE_OF)]] for n in numbers}
        with served_with_sign_in(home, people) as address:
            sessions = [Person(number, address, pictures, tally) for number in numbers]
            until = time.monotonic() + arguments.minutes * 60
            memory = asyncio.run(load(address, sessions, until, arguments.films, arguments.vanishing))
        log = (home / "stderr.txt").read_text().splitlines()
        faults = [line for line in log if line.startswith(("  File", "Traceback")) or "Error" in line]
        faults += audit_problems(home, tally.answers)
    settled, last = memory[max(0, len(memory) // 5 - 1)], memory[-1]
    rounds = sorted(tally.rounds) or [0.0]
    print(f"{tally.answers} answers in {len(rounds)} rounds, median {rounds[len(rounds) // 2]:.1f} s")
    print(f"memory {settled:.0f} MB after a fifth of the time, {last:.0f} MB at the end; {len(tally.errors)} errors")
    for problem in dict.fromkeys(faults[:20] + tally.errors[:10]):
        print(problem)
    if tally.errors or faults or not tally.answers or last > arguments.growth * settled:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
