"""Processes that work on many tasks, as many at a time as there are processes; one that ends by itself is replaced.

The tasks' results come back in the order in which they are done. The processes end when the one that started them does,
however that ends.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, Self, TypeVar

from cxr_core.errors import CXRError, WorkError
from cxr_core.log import configure_logging, log_surprise, surprise_in_words

_logger = logging.getLogger(__name__)
_context = multiprocessing.get_context("spawn")
Task = TypeVar("Task")


@dataclass(frozen=True)
class Lost:
    """The process, or the machine, that worked on a task ended before the task did. how: in words."""

    how: str


class Processes(Generic[Task]):
    """The processes; used in a `with` block."""

    def __init__(self, function: str, arguments: tuple[Any, ...], count: int) -> None:
        """Starts them.

        function: dotted name of what each process calls once, with `arguments`, which are picklable; it returns what is
        called with each task. count: of processes.
        """
        self._all = [_Process(function, arguments) for _ in range(count)]
        for one in self._all:
            one.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._all:
            one.end()

    def run(self, next_task: Callable[[], Task | None]) -> Iterator[tuple[Task, Any]]:
        """Each task with its result, or with `Lost`; until `next_task` gives None while no process works.

        `next_task` is called again after each result, so that a task may be given again. Raises the CXRError that the
        function raised, and WorkError if it failed in another way.
        """
        while True:
            for one in self._all:
                if one.task is None and (task := next_task()) is not None:
                    one.give(task)
            working = {one.connection: one for one in self._all if one.task is not None}
            if not working:
                return
            for connection in wait(list(working)):
                yield working[connection].taken()


class _Process:
    """One process and the connection to it. task: what it works on."""

    def __init__(self, function: str, arguments: tuple[Any, ...]) -> None:
        self._arguments = (function, arguments)
        self.task: Any = None
        self.connection: Any = None

    def start(self) -> None:
        self.connection, its_end = _context.Pipe()
        self._process = _context.Process(target=_work, args=(its_end, *self._arguments))
        self._process.start()
        its_end.close()

    def give(self, task: Any) -> None:
        self.task = task
        try:
            self.connection.send(task)
        except OSError:
            return  # it has ended; `taken` reports it

    def taken(self) -> tuple[Any, Any]:
        """The task and its result; raises what the process raised."""
        task, self.task = self.task, None
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            how = self.end()
            _logger.warning("a process ended at work (%s)", how)
            self.start()
            return task, Lost(how)
        if isinstance(answer, CXRError):
            raise answer
        return task, answer

    def end(self) -> str:
        """End the process, and say how it ended."""
        self.connection.close()
        self._process.join(0 if self.task is not None else 5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        status = self._process.exitcode or 0
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def result_of(work: Callable[[Any], Any], task: Any) -> Any:
    """What `work` returns for a task, or the CXRError that says why it failed."""
    try:
        return work(task)
    except CXRError as error:
        return error
    except Exception as error:  # never as a traceback, whose message may name a patient
        return WorkError(surprise_in_words(log_surprise(_logger, error)))


def made(function: str, arguments: tuple[Any, ...]) -> Any:
    """What the function of that dotted name returns."""
    module, _, name = function.rpartition(".")
    return getattr(import_module(module), name)(*arguments)


def _work(connection: Connection, function: str, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one gets it too, and ends this one
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configure_logging("pool")
    work = result_of(lambda given: made(function, given), arguments)
    try:
        while True:
            task = connection.recv()
            connection.send(work if isinstance(work, CXRError) else result_of(work, task))
    except (EOFError, OSError):
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
