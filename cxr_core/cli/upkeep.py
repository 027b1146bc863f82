"""The verbs that keep a service running: backup, restore, upgrade."""

import argparse
import sys

from cxr_core.cli.output import DONE, FAILED, print_error, print_result


def backup(options: argparse.Namespace) -> int:
    """Write a backup; FAILED, with one sentence, if the audit log is broken; the backup is written all the same."""
    from cxr_core.upkeep.backup import make_backup

    done = make_backup(options.out)
    text = f"Wrote {options.out}: {done.files:,} files, {done.bytes:,} bytes, {done.audit:,} lines of the audit log."
    print_result(options, vars(done), text)
    return print_error(done.problem, FAILED) if done.problem else DONE


def restore(options: argparse.Namespace) -> int:
    """Restore a backup."""
    from cxr_core.upkeep.backup import restore_backup

    done = restore_backup(options.backup)
    text = f"Restored {done.files:,} files; {done.audit:,} lines of the audit log, each as it was written."
    return print_result(options, vars(done), text)


def upgrade(options: argparse.Namespace) -> int:
    """Upgrade the records; FAILED if some cannot be read."""
    from cxr_core.upkeep.upgrade import upgrade as upgrade_home

    done = upgrade_home()
    for message in done.messages:
        print(message, file=sys.stderr)
    print_result(options, vars(done), f"{done.records:,} records, {done.changed:,} of them upgraded.")
    return FAILED if done.messages else DONE
