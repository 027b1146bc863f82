"""Films per second on the Diagnose page, compared with `predict` on the same files.

    python -m benchmarks.speed.page_throughput [--films 500] [--repeat 1] [--beside CHECKOUT]

The synthetic films shipped with the app, at 1,000 x 800 pixels and with added noise, are dropped in Chromium on a page
that has already read a film. The time is measured from the first progress message of the server to the last
answer; the processor time of the server and of Chromium in it is printed too. Then the same files are read with
`predict`, its model already loaded. `--beside` serves another checkout as well, in turns. Targets: the page's rate is
at least 0.9 of that of `predict`; at most 350 MB of resident memory in the server.
"""

import argparse
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import psutil
from playwright.sync_api import Browser, sync_playwright

from benchmarks.load.concurrent_sessions import server_at
from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import read_film
from cxr_core.inference.batch import read_files
from cxr_core.paths import REPOSITORY
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.server import served

TIMEOUT_MS = 600_000
POLL_MS = 200  # Playwright's own waiting searches the whole page at each frame, which costs the page a tenth
SHOWN = "text => [...document.querySelectorAll('[data-testid=stProgress]')].some(e => e.textContent.includes(text))"


@dataclass(frozen=True)
class Drop:
    """What a drop took. sent, read: seconds to the first progress message, and from it to the last answer.

    server, browser: seconds of processor time in `read`. memory: resident in the server after it, MB.
    """

    sent: float
    read: float
    server: float
    browser: float
    memory: float


def processor_time(processes: list[psutil.Process]) -> float:
    """Seconds of processor time of those that still run."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def by_page(browser: Browser, home: Path, files: list[Path], checkout: Path) -> Drop:
    """Drop the files on the page of a checkout."""
    with served(home, checkout=checkout) as address:
        server = server_at(int(address.rsplit(":", 1)[1]))
        assert server
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(address)
        page.get_by_role("button", name="Try a sample").click()
        page.get_by_test_id("verdict").wait_for()
        page.get_by_text("files read").wait_for(state="detached")
        page.get_by_text(re.compile("Films to read|Add films")).click()  # the words of either checkout
        in_browser = [one for one in psutil.Process().children(recursive=True) if one.pid != server.pid]
        dropped = time.perf_counter()
        page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(files)
        page.wait_for_function(SHOWN, arg=f"of {len(files)} files read", polling=POLL_MS)
        started, before = time.perf_counter(), (processor_time([server]), processor_time(in_browser))
        page.wait_for_function(f"text => !({SHOWN})(text)", arg=f"of {len(files)} files read", polling=POLL_MS)
        ended, after = time.perf_counter(), (processor_time([server]), processor_time(in_browser))
        memory = server.memory_info().rss / 1e6
        page.close()
    return Drop(started - dropped, ended - started, after[0] - before[0], after[1] - before[1], memory)


def by_predict(files: list[Path]) -> tuple[float, float]:
    """Seconds, and seconds of processor time, with the model already loaded."""
    read_files(files[:4])
    started, before = time.perf_counter(), time.process_time()
    read_files(files)
    return time.perf_counter() - started, time.process_time() - before


def main() -> None:
    """Measure both alternately and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT", help="another checkout of this repository")
    arguments = parser.parse_args()
    checkouts = {"page": REPOSITORY} | ({"page beside": arguments.beside.resolve()} if arguments.beside else {})
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        os.environ["CXR_HOME"] = f"{folder}/home"
        samples = [cv2.resize(read_film(path).pixels, (1000, 800)) for path in sample_films()]
        files = [Path(folder) / f"{number:04}.jpg" for number in range(arguments.films)]
        for number, file in enumerate(files):
            noise = rng.normal(0, 2, (800, 1000))
            cv2.imwrite(str(file), np.clip(samples[number % 6] + noise, 0, 255).astype(np.uint8))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for repeat in range(arguments.repeat):
            for number, (name, checkout) in enumerate(checkouts.items()):
                drop = by_page(browser, Path(folder) / f"home-{number}-{repeat}", files, checkout)
                predicted, processor = by_predict(files)
                print(f"{name}: sent in {drop.sent:.1f} s, then {len(files) / drop.read:.1f} films a second; ", end="")
                print(
                    f"predict: {len(files) / predicted:.1f}; {predicted / drop.read:.2f} of it (target 0.9); ", end=""
                )
                print(f"{drop.memory:.0f} MB in the server (target 350)")
                print(f"processor time: {drop.server:.1f} s in the server, {drop.browser:.1f} s in Chromium, ", end="")
                print(f"{processor:.1f} s in predict", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
