"""The verb for the app: it serves the pages from any folder."""

import argparse
import sys

from cxr_core.cli.output import DONE, FAILED
from cxr_core.paths import APP_SCRIPT


def serve_app(options: argparse.Namespace) -> int:
    """Serve the app until it is interrupted, on this machine only unless an address is given."""
    import subprocess  # late: `--help` is fast

    command = [sys.executable, "-m", "streamlit", "run", str(APP_SCRIPT), "--server.headless", str(options.headless)]
    command += ["--server.address", options.address, "--server.port", str(options.port)]
    server = subprocess.Popen(command)
    while True:
        try:
            return DONE if server.wait() == 0 else FAILED
        except KeyboardInterrupt:  # the server gets the same signal, and ends
            continue
