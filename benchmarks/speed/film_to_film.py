"""From drop to answer on a warm server, from J to the next film, and the bytes of the first page.

    python -m benchmarks.speed.film_to_film [--films FOLDER] [--repeat 8] [--beside CHECKOUT]

Chromium drops one film after another, each in a new tab, and measures until verdict and film are on screen; then drops
all of them at once and steps through the list with J, and measures until the next film is drawn. With --beside, another
checkout of this repository, with its own `.venv`, is measured in turns on the same films. Target: at most half of
commit c3f5f0b in both, and a first page under 3 MB. On a loaded machine only the ratio means something.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from cxr_core.datasets.demo import sample_films
from cxr_core.paths import REPOSITORY
from tests.support.browser import ARGUMENTS, CHROMIUM, PATIENCE_MS
from tests.support.server import served
from tests.support.streamlit_page import IDLE

BETWEEN_KEYS_MS = 500
REST_MS = 2000  # from a page that is ready to the drop: no reader is faster


def new_page(browser: Browser, address: str) -> Page:
    """The first page in a new tab without a cache, ready for films."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_text("Drop chest X-rays here").wait_for()
    page.locator(IDLE).wait_for()
    page.wait_for_timeout(REST_MS)
    return page


def first_page_bytes(browser: Browser, address: str) -> int:
    """Bytes that the browser receives over HTTP until the first page is ready, compressed as they are sent."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    received: list[int] = []
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
    page.goto(address)
    page.get_by_text("Drop chest X-rays here").wait_for()
    page.wait_for_load_state("networkidle")
    context.close()
    return sum(received)


def answer_seconds(browser: Browser, address: str, film: Path) -> float:
    """Seconds from the drop of a film to its verdict and the film on screen."""
    page = new_page(browser, address)
    started = time.perf_counter()
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(film)
    page.get_by_test_id("verdict").wait_for()
    page.locator("canvas.film[data-film]").wait_for()
    seconds = time.perf_counter() - started
    page.context.close()
    return seconds


def step_seconds(browser: Browser, address: str, films: list[Path]) -> Iterator[float]:
    """Seconds from J to the next film, for each step through the list."""
    page = new_page(browser, address)
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(films)
    page.locator(".worklist .row").nth(len(films) - 1).wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=stProgress]')")
    page.locator(".worklist .row").first.click()
    page.locator(IDLE).wait_for()
    for _ in films[1:]:
        page.wait_for_timeout(BETWEEN_KEYS_MS)
        before = page.locator("canvas.film[data-film]").get_attribute("data-film")
        started = time.perf_counter()
        page.keyboard.press("j")
        page.locator(f"canvas.film[data-film]:not([data-film='{before}'])").wait_for()
        yield time.perf_counter() - started
    page.context.close()


def main() -> None:
    """Print the medians and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, help="a folder of films; the synthetic samples without it")
    parser.add_argument("--repeat", type=int, default=8, help="films to use")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    arguments = parser.parse_args()
    films = sorted(arguments.films.rglob("*.*")) if arguments.films else list(sample_films())
    films = films[: arguments.repeat]
    checkouts = {"here": REPOSITORY} | ({"beside": arguments.beside.resolve()} if arguments.beside else {})
    answers: dict[str, list[float]] = {name: [] for name in checkouts}
    steps: dict[str, list[float]] = {name: [] for name in checkouts}
    with sync_playwright() as play, ExitStack() as stack:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        addresses = {
            name: stack.enter_context(
                served(Path(stack.enter_context(tempfile.TemporaryDirectory())), checkout=checkout)
            )
            for name, checkout in checkouts.items()
        }
        for address in addresses.values():
            answer_seconds(browser, address, films[0])  # loads the model
        for film in films:
            for name, address in addresses.items():
                answers[name].append(answer_seconds(browser, address, film))
        stepping = {name: step_seconds(browser, address, films) for name, address in addresses.items()}
        for _ in films[1:]:
            for name, seconds in stepping.items():
                steps[name].append(next(seconds))
        for name, address in addresses.items():
            first = first_page_bytes(browser, address) / 1e6
            answer, step = median(answers[name]), median(steps[name])
            print(
                f"{name:7} drop to answer {answer:.2f} s, J to film {step:.3f} s, first page {first:.2f} MB", flush=True
            )
        browser.close()
    if "beside" in checkouts:
        ratios = [median(of["here"]) / median(of["beside"]) for of in (answers, steps)]
        print(f"drop to answer {ratios[0]:.2f} and J to film {ratios[1]:.2f} of the time beside it")


if __name__ == "__main__":
    main()
