"""`python -m cxr_core.jobs.worker FUNCTION`: the process that `start_process` starts.

Calls the function of that dotted name with the arguments that come pickled on standard input. A CXRError ends the
process with its message as the last line of the log, any other exception with its number. The process ends when the
function has ended: threads that a library has left, as after a lack of memory, do not keep it.
"""

import logging
import os
import pickle
import sys
from importlib import import_module

from cxr_core.errors import CXRError
from cxr_core.jobs.memory import is_out_of_memory
from cxr_core.log import configure_logging, log_surprise, surprise_in_words

if __name__ == "__main__":
    module, _, name = sys.argv[1].rpartition(".")
    configure_logging("job")
    status, message = 0, ""
    try:
        arguments = pickle.load(sys.stdin.buffer)
        getattr(import_module(module), name)(*arguments)
    except CXRError as error:
        status, message = 1, str(error)
    except KeyboardInterrupt:
        status, message = 1, "Interrupted."
    except BaseException as error:
        status = 1
        if is_out_of_memory(error):
            message = "Out of memory."
        else:
            message = surprise_in_words(log_surprise(logging.getLogger("cxr_core.jobs.worker"), error))
    try:
        if message:
            print(message, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        logging.shutdown()
    finally:
        os._exit(status)
