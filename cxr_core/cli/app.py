"""The verb for the app: it serves the pages from any folder."""

import argparse
import sys

from cxr_core.cli.output import DONE, FAILED, print_error, print_result
from cxr_core.paths import APP_SCRIPT


def serve_app(options: argparse.Namespace) -> int:
    """Serve the app until it is interrupted, on this machine only unless an address is given and people sign in."""
    import subprocess  # late: `--help` is fast

    from cxr_core.access import check_start, sign_in_settings

    check_start(options.address, [], sign_in_settings())
    command = [sys.executable, "-m", "streamlit", "run", str(APP_SCRIPT), "--server.headless", str(options.headless)]
    command += ["--server.address", options.address, "--server.port", str(options.port)]
    server = subprocess.Popen(command)
    while True:
        try:
            return DONE if server.wait() == 0 else FAILED
        except KeyboardInterrupt:  # the server gets the same signal, and ends
            continue


def verify_audit(options: argparse.Namespace) -> int:
    """Verify the audit log; FAILED, with one sentence, if an entry was changed, removed or added."""
    from cxr_core.audit import verify

    entries, problem = verify()
    print_result(
        options, {"entries": entries, "problem": problem or None}, f"{entries:,} entries, each as it was written."
    )
    return print_error(problem, FAILED) if problem else DONE
