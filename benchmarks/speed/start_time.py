"""Start-up times: `python -m cxr_core --help`, and the first page after `streamlit run`.

    python -m benchmarks.speed.start_time [--repeat 3]

The page is opened in headless Chromium as soon as the server responds, and is complete when the Diagnose title and the
drop zone are on screen. For comparison, the time to import TensorFlow, which the page avoids, is measured too.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from cxr_core.paths import REPOSITORY
from tests.support.server import served


def seconds_of(command: list[str]) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_page(browser: Browser) -> float:
    """Seconds from `streamlit run` to the complete page."""
    with tempfile.TemporaryDirectory() as home:
        started = time.perf_counter()
        with served(Path(home)) as address:
            page = browser.new_page()
            page.goto(address)
            page.get_by_role("heading", name="Diagnose").wait_for()
            page.get_by_text("Drop chest X-rays here").wait_for()
            seconds = time.perf_counter() - started
            page.close()
    return seconds


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3)
    repeat = range(parser.parse_args().repeat)
    chromium = shutil.which("chromium") or sys.exit("chromium is not installed.")
    rows = {
        "python -m cxr_core --help": [seconds_of([sys.executable, "-m", "cxr_core", "--help"]) for _ in repeat],
        "python -c 'import tensorflow'": [seconds_of([sys.executable, "-c", "import tensorflow"]) for _ in repeat],
    }
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        rows["streamlit run, first page complete"] = [first_page(browser) for _ in repeat]
        browser.close()
    for name, seconds in rows.items():
        print(f"{name:36} median {median(seconds):5.2f} s   of {', '.join(f'{s:.2f}' for s in seconds)}")


if __name__ == "__main__":
    main()
