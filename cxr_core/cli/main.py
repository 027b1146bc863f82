"""The command line: it runs a verb, and gives each error its exit status.

Exit 0 done; 1 the work failed; 2 bad usage or bad input, with one line on standard error. `--json` prints one
document on standard output and nothing else there. Each verb imports the packages it needs when it runs, so
that `--help` is fast.
"""

import io
import os
import sys
from importlib import import_module

from cxr_core.cli.output import BAD_INPUT, FAILED, print_error
from cxr_core.cli.parser import parser
from cxr_core.errors import CXRError, InputError, missing_package, reason_of


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name may have bytes that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    import logging

    from cxr_core.log import configure_logging, log_surprise, surprise_in_words  # after the parser: `--help` is fast

    configure_logging("verb")
    try:
        module, _, function = options.verb.partition(".")
        status = int(getattr(import_module(f"cxr_core.cli.{module}"), function)(options))
        if status == 0:
            from cxr_core.cli.audited import record_verb

            record_verb(options)
        return status
    except InputError as error:
        return print_error(str(error), BAD_INPUT)
    except CXRError as error:
        return print_error(str(error), FAILED)
    except ModuleNotFoundError as error:
        if (message := missing_package(error)) is None:
            raise
        return print_error(message, FAILED)
    except KeyboardInterrupt:
        return print_error("Interrupted.", FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return print_error(f"{error.filename or 'the disk'}: {reason_of(error)}.", FAILED)
    except Exception as error:
        return print_error(surprise_in_words(log_surprise(logging.getLogger(__name__), error)), FAILED)
