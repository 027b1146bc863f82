"""Films per second on the Diagnose page, compared with `predict` on the same files.

    python -m benchmarks.speed.page_throughput [--films 500] [--repeat 1]

The synthetic films shipped with the app, at 1,000 x 800 pixels and with added noise, are dropped in Chromium on a page
that has already read a film. The time is measured from the first progress message of the server to the last
answer. Then the same files are read with `predict`, its model already loaded. Targets: the page's rate is at least 0.9
of that of `predict`; at most 350 MB of resident memory in the server.
"""

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks.load.concurrent_sessions import memory_of
from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import read_film
from cxr_core.inference.batch import read_files
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.server import served

TIMEOUT_MS = 600_000


def by_page(browser: Browser, home: Path, files: list[Path]) -> tuple[float, float, float]:
    """Seconds from the drop to the first progress message and to the last answer; then the server's memory in MB."""
    with served(home) as address:
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(address)
        page.get_by_role("button", name="Try a sample").click()
        page.get_by_test_id("verdict").wait_for()
        page.get_by_text("files read").wait_for(state="detached")
        page.get_by_text("Films to read").click()
        dropped = time.perf_counter()
        page.locator("input[type=file]").first.set_input_files(files)
        page.get_by_text(f"of {len(files)} files read").wait_for()
        started = time.perf_counter()
        page.get_by_text(f"of {len(files)} files read").wait_for(state="detached")
        ended = time.perf_counter()
        memory = memory_of(int(address.rsplit(":", 1)[1]))
        page.close()
    return started - dropped, ended - started, memory


def by_predict(files: list[Path]) -> float:
    """Seconds, with the model already loaded."""
    read_files(files[:4])
    started = time.perf_counter()
    read_files(files)
    return time.perf_counter() - started


def main() -> None:
    """Measure both alternately and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        samples = [cv2.resize(read_film(path).pixels, (1000, 800)) for path in sample_films()]
        files = [Path(folder) / f"{number:04}.jpg" for number in range(arguments.films)]
        for number, file in enumerate(files):
            noise = rng.normal(0, 2, (800, 1000))
            cv2.imwrite(str(file), np.clip(samples[number % 6] + noise, 0, 255).astype(np.uint8))
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for repeat in range(arguments.repeat):
            sent, read, memory = by_page(browser, Path(folder) / f"home-{repeat}", files)
            predicted = by_predict(files)
            print(f"page: sent in {sent:.1f} s, then {arguments.films / read:.1f} films a second; ", end="")
            print(f"predict: {arguments.films / predicted:.1f}; {predicted / read:.2f} of it (target 0.9);", end=" ")
            print(f"{memory:.0f} MB in the server (target 350)", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
