"""How long a user waits: `python -m cxr_core --help`, and the first page after `streamlit run`.

    python -m benchmarks.speed.start_time [--repeat 3]

The page is opened in headless Chromium as soon as the server answers; it counts as drawn when the Diagnose title and
the drop zone are on screen. Beside it, in the same run, stands what the page would cost if it imported TensorFlow.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def seconds_of(command: list[str]) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_page(browser) -> float:
    """Seconds from `streamlit run` to the drawn page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
        command += ["--server.port", str(port), "--server.headless", "true"]
        started = time.perf_counter()
        server = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | {"CXR_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                    break
                except (urllib.error.URLError, OSError):
                    time.sleep(0.05)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("heading", name="Diagnose").wait_for()
            page.get_by_text("Drop chest X-rays here").wait_for()
            taken = time.perf_counter() - started
            page.close()
            return taken
        finally:
            server.terminate()
            server.wait()


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
        rows["streamlit run, first page drawn"] = [first_page(browser) for _ in repeat]
        browser.close()
    for name, seconds in rows.items():
        print(f"{name:36} median {median(seconds):5.2f} s   of {', '.join(f'{s:.2f}' for s in seconds)}")


if __name__ == "__main__":
    main()
