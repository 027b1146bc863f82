"""`python -m cxr_core.jobs.worker FUNCTION`: the process that `start_process` starts.

Calls the function of that dotted name with the arguments that come pickled on standard input. A CXRError ends the
process with its message as the last line of the log, any other exception with its number.
"""

import logging
import pickle
import sys
from importlib import import_module

from cxr_core.errors import CXRError
from cxr_core.log import configure_logging, log_surprise, surprise_in_words

if __name__ == "__main__":
    module, _, name = sys.argv[1].rpartition(".")
    configure_logging("job")
    arguments = pickle.load(sys.stdin.buffer)
    try:
        getattr(import_module(module), name)(*arguments)
    except CXRError as error:
        sys.exit(str(error))
    except Exception as error:
        sys.exit(surprise_in_words(log_surprise(logging.getLogger("cxr_core.jobs.worker"), error)))
