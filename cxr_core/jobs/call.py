"""Call a function in a process that ends with it, and wait for its result.

For short work that needs TensorFlow or JAX, which the web server never imports, or whose memory is to be measured.

python -m cxr_core.jobs.call FUNCTION      pickled arguments on standard input, the pickled result on standard output
"""

import os
import pickle
import subprocess
import sys
from importlib import import_module
from typing import Any

from cxr_core.errors import CXRError, WorkError
from cxr_core.jobs.memory import is_out_of_memory
from cxr_core.paths import REPOSITORY


def call_apart(function: str, arguments: tuple[Any, ...], seconds: float) -> Any:
    """The result of a function, called in a process of its own.

    function: dotted name. arguments, and what it returns: picklable. Raises the CXRError that it raises, and WorkError
    if it takes longer than `seconds`, runs out of memory or fails in another way.
    """
    command = [sys.executable, "-m", "cxr_core.jobs.call", function]
    try:
        ended = subprocess.run(
            command, cwd=REPOSITORY, input=pickle.dumps(arguments), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WorkError(f"It took over {seconds:.0f} s, which is very slow, and was ended.") from error
    if ended.returncode < 0:
        raise WorkError(
            "The system ended the process, most likely for lack of memory", accepted="a smaller batch needs less"
        )
    if ended.returncode:
        raise WorkError("The process failed.")
    result = pickle.loads(ended.stdout)
    if isinstance(result, CXRError):
        raise result
    return result


def _result_of(function: str, arguments: tuple[Any, ...]) -> Any:
    """What the function returns, or the CXRError that says why it did not."""
    from cxr_core.log import log_surprise, surprise_in_words

    module, _, name = function.rpartition(".")
    try:
        return getattr(import_module(module), name)(*arguments)
    except CXRError as error:
        return error
    except Exception as error:
        if is_out_of_memory(error):
            return WorkError("There is not enough memory", accepted="a smaller batch or input size needs less")
        import logging

        return WorkError(surprise_in_words(log_surprise(logging.getLogger("cxr_core.jobs.call"), error)))


if __name__ == "__main__":
    from cxr_core.log import configure_logging

    configure_logging("call")
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no part of the result
    with results:
        pickle.dump(_result_of(sys.argv[1], pickle.load(sys.stdin.buffer)), results)
