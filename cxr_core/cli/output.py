"""Shared by all verbs: exit statuses, output as text or JSON, progress and errors on standard error."""

import argparse
import sys
from typing import Any

from cxr_core.progress import Progress

DONE, FAILED, BAD_INPUT = 0, 1, 2


def print_result(options: argparse.Namespace, document: Any, text: str) -> int:
    """Print the document with `--json`, else the text; returns the exit status DONE."""
    import json  # late: `--help` is fast

    print(json.dumps(document, indent=1, default=str, allow_nan=False) if options.json else text)
    return DONE


def progress_counter(activity: str) -> Progress | None:
    """A counter on standard error, or None if that is not a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{activity}: {done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def print_error(message: str, status: int) -> int:
    """Print a message on standard error; returns the exit status given."""
    print(message, file=sys.stderr)
    return status
