"""The verb `gpu`: what accelerator was found, what is missing, what to install."""

import argparse
from dataclasses import asdict

from cxr_core.cli.output import print_result


def show_gpu(options: argparse.Namespace) -> int:
    """Say which devices Keras's backend can use, and what to install for those that it cannot."""
    from cxr_core.accelerator import describe_devices

    found = describe_devices()
    lines = [f"{found.backend} {found.version} trains on: {found.in_use}"]
    lines += [f"The driver lists: {gpu}" for gpu in found.present]
    return print_result(options, asdict(found), "\n".join([*lines, *found.advice]))
