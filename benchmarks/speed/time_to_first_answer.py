"""Time to the first page and to the first answer: from `streamlit run` on a cold machine to a verdict on screen.

    python -m benchmarks.speed.time_to_first_answer [--repeat 3] [--checkout CHECKOUT] [--beside CHECKOUT]

Chromium opens the page as soon as the server responds. The first page is complete when the drop zone is on screen; a
sample film is dropped at once. With --beside, another checkout of this repository, with its own `.venv`, is measured in
turns. At its start Streamlit looks at every installed package: as --checkout, give one in which `make .venv/app` has
run, since the `.venv` of who runs this has the packages of the tests too. Target: at most 0.4 of the time to the answer
at commit c3f5f0b, and within 1.5 s of the first page.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from cxr_core.datasets.demo import sample_films
from cxr_core.paths import REPOSITORY
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.server import served


def first_page_and_answer(browser: Browser, checkout: Path) -> tuple[float, float]:
    """Seconds to the first page, and to the first verdict."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with served(Path(home), checkout=checkout) as address:
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.goto(address)
            page.get_by_text("Drop chest X-rays here").wait_for()
            first_page = time.perf_counter() - started
            page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(sample_films()[-1])
            page.get_by_test_id("verdict").wait_for()
            page.locator("canvas.film[data-film]").wait_for()
            answer = time.perf_counter() - started
            page.close()
    return first_page, answer


def main() -> None:
    """Print the medians, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--checkout", type=Path, default=REPOSITORY, help="this one without it")
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    arguments = parser.parse_args()
    checkouts = {"here": arguments.checkout.resolve()}
    if arguments.beside:
        checkouts["beside"] = arguments.beside.resolve()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in checkouts}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for _ in range(arguments.repeat):
            for name, checkout in checkouts.items():
                times[name].append(first_page_and_answer(browser, checkout))
                print(
                    f"{name:7} first page {times[name][-1][0]:5.2f} s, answer {times[name][-1][1]:5.2f} s", flush=True
                )
        browser.close()
    medians = {name: [median(one) for one in zip(*of, strict=True)] for name, of in times.items()}
    for name, (page, answer) in medians.items():
        print(f"{name:7} median: first page {page:.2f} s, answer {answer:.2f} s, {answer - page:.2f} s later")
    if "beside" in medians:
        (page, answer), (other_page, other_answer) = medians["here"], medians["beside"]
        print(f"first page {page / other_page:.2f} and first answer {answer / other_answer:.2f} of the time beside it")


if __name__ == "__main__":
    main()
