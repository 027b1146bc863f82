"""A network in LiteRT's file format: model inputs to its outputs, each named by its role.

LiteRT (`ai-edge-litert`) is TensorFlow's runtime for devices; it needs neither TensorFlow nor Keras. Threads and batch
were chosen by `benchmarks/speed/runtime_threads.py`: on 2 cores, one interpreter a core with one thread reads the most
films a second, two films in a call, as a film and its mirror image come; two threads in one interpreter cost 15% more
computing time.
"""

import os
import queue
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import without_native_log
from cxr_core.errors import WorkError, work_error

MOST_WORKERS = 8  # each holds its own copy of the weights, about 13 MB for the released model
WORKERS = min(os.cpu_count() or 1, MOST_WORKERS)
TOGETHER = 2  # films in a call
_threads = WORKERS


def set_threads(count: int) -> None:
    """Let this process compute in `count` threads, 1 to WORKERS: for processes that share the cores."""
    global _threads
    _threads = count


class LiteNetwork:
    """A loaded network. Safe to share between threads; up to WORKERS calls are computed at a time."""

    def __init__(self, file: Path, roles: tuple[str, ...]) -> None:
        """roles: the name of each output, in the file's order. Raises WorkError for a file that is not such a network.

        The network has one input, `uint8 (1, S, S, 1)`, and outputs of type `float32` with one row.
        """
        self._file, self._roles = file, roles
        self._free: queue.LifoQueue[Any] = queue.LifoQueue()  # the last used is taken first: its memory is warm
        try:
            first = _interpreter(file)
            inputs, outputs = first.get_input_details(), first.get_output_details()
        except (OSError, ValueError, RuntimeError) as error:
            raise work_error(file, "cannot be loaded", error) from error
        if len(inputs) != 1 or inputs[0]["dtype"] is not np.uint8 or len(outputs) != len(roles):
            raise WorkError(f"is not a network with one uint8 input and the outputs {', '.join(roles)}", thing=file)
        self._side = int(inputs[0]["shape"][1])
        self._entry, self._places = inputs[0]["index"], [one["index"] for one in outputs]
        self._shapes = {role: tuple(one["shape"][1:]) for role, one in zip(roles, outputs, strict=True)}
        self._together = TOGETHER
        try:
            with without_native_log():
                _prepare(first, TOGETHER)
        except RuntimeError:  # a network that flattens its feature map is converted for one film
            self._together, first = 1, _interpreter(file)
        for _ in range(WORKERS - 1):
            self._free.put(None)  # created when it is first needed
        self._free.put(first)

    def run(self, inputs: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs `float32 (N, ...)` by role, of model inputs `uint8 (N, S, S)`, N >= 0.

        Raises ValueError for inputs of another shape or type.
        """
        if inputs.dtype != np.uint8 or inputs.shape[1:] != (self._side, self._side):
            raise ValueError(f"inputs {inputs.dtype} {inputs.shape}; uint8 (N, {self._side}, {self._side}) is accepted")
        outputs = {role: np.empty((len(inputs), *shape), np.float32) for role, shape in self._shapes.items()}
        # Where other films are computed too no core waits for work, so only interpreters that rest are used beside one.
        threads = max(1, min(_threads, self._free.qsize()))
        parts = [part for part in np.array_split(np.arange(len(inputs)), threads) if len(part)]
        others = [_pool().submit(self._fill, inputs, part, outputs) for part in parts[1:]]
        if parts:
            self._fill(inputs, parts[0], outputs)
        for other in others:
            other.result()
        return outputs

    def _fill(self, inputs: np.ndarray, rows: np.ndarray, outputs: dict[str, np.ndarray]) -> None:
        interpreter = self._free.get() or _interpreter(self._file)
        try:
            for start in range(0, len(rows), self._together):
                some = rows[start : start + self._together]
                _prepare(interpreter, len(some))
                interpreter.set_tensor(self._entry, inputs[some][..., None])
                interpreter.invoke()
                for role, place in zip(self._roles, self._places, strict=True):
                    outputs[role][some] = interpreter.get_tensor(place)
        finally:
            self._free.put(interpreter)


def _interpreter(file: Path) -> Any:
    with without_native_log():
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(file), num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


def _prepare(interpreter: Any, films: int) -> None:
    """Let the next call take so many films: 0.1 ms if the last one took another number."""
    (entry,) = interpreter.get_input_details()
    if entry["shape"][0] != films:
        interpreter.resize_tensor_input(entry["index"], (films, *entry["shape"][1:]))
        interpreter.allocate_tensors()


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    """The threads of all networks of this process; what runs in them submits nothing to them."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="network")
