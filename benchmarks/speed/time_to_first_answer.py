"""Time to the first answer: from `streamlit run` on a cold machine to a verdict on screen.

    python -m benchmarks.speed.time_to_first_answer [--repeat 3]

Chromium opens the page as soon as the server responds and drops one sample film at once. Target: 12 s on 2 idle cores.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from cxr_core.datasets.demo import sample_films
from tests.support.browser import ARGUMENTS, CHROMIUM
from tests.support.server import served


def first_answer(browser: Browser) -> float:
    """Seconds to the first verdict."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with served(Path(home)) as address:
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.goto(address)
            page.locator("input[type=file]").first.set_input_files(sample_films()[-1])
            page.get_by_test_id("verdict").wait_for()
            page.locator("canvas.film[data-film]").wait_for()
            seconds = time.perf_counter() - started
            page.close()
    return seconds


def main() -> None:
    """Print the median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        times = [first_answer(browser) for _ in range(arguments.repeat)]
        browser.close()
    print(f"first answer after {median(times):.1f} s (of {', '.join(f'{one:.1f}' for one in times)})")


if __name__ == "__main__":
    main()
