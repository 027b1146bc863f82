"""Reads an archive of films into a table: in batches, in one process a core here, or on a cluster.

A batch is a task of its own and its readings are one file of the table, so that what a killed command or a lost machine
leaves is whole batches: the same command reads the others. Ray Data is not used: it would hold the order and the
progress of the batches in its own process, where a kill loses them.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

from cxr_core.cluster.archive_batch import TRIES, Batch, BatchReader, Part, batch_reader
from cxr_core.cluster.archive_table import ArchiveTable
from cxr_core.cluster.ray_cluster import Parcel, RayCluster
from cxr_core.errors import WorkError
from cxr_core.jobs.pool import Lost, Processes
from cxr_core.models.registry import Model

_logger = logging.getLogger(__name__)
REPORT_SECONDS = 10.0
MOST_TRIES = TRIES + 3


class Works(Protocol):
    """What works on tasks: `jobs.pool.Processes`, or a cluster."""

    def run(self, next_task: Callable[[], Batch | None]) -> Iterator[tuple[Batch, Any]]:
        """See `Processes.run`."""


def read_here(model: Model, prevalence: float | None) -> AbstractContextManager[Works]:
    """One process a core of this machine."""
    arguments = (model.folder, prevalence)
    return Processes[Batch]("cxr_core.cluster.archive_batch.batch_reader", arguments, os.cpu_count() or 1)


def read_on(cluster: RayCluster, model: Model, prevalence: float | None) -> Works:
    """The cores of a cluster, whose machines each fetch the model once; they must reach the films by their paths."""
    files = {f"{model.name}/{file.name}": file for file in model.folder.iterdir() if file.is_file()}
    parcel = cluster.parcel("models", files)
    return cluster.work("cxr_core.cluster.archive.fetched_reader", (parcel, model.name, prevalence))


def fetched_reader(parcel: Parcel, name: str, prevalence: float | None) -> BatchReader:
    """The reader on a machine of a cluster. Raises CXRError."""
    return batch_reader(parcel.fetched() / name, prevalence)


def read_archive(table: ArchiveTable, works: Works, report: Callable[[str, int, int], None]) -> tuple[int, int]:
    """Read the films that are not yet in the table. Returns how many were read now, and how many of them failed.

    report: gets a sentence of progress and rate, which is also logged, the films that are in the table and all films,
    every REPORT_SECONDS and at the end; it may raise to end the work between two batches. Raises CXRError if no film
    can be read at all or the table cannot be written.
    """
    before, total = table.done(), table.plan.films
    again: deque[Batch] = deque()
    waiting = table.open_batches()
    films = failures = 0
    started = reported = time.monotonic()

    def say() -> None:
        rate = films / max(time.monotonic() - started, 1e-9)
        told = f"{before + films:,} of {total:,} films, {rate:.1f} films a second, {failures:,} not read."
        _logger.info(told)
        report(told, before + films, total)

    for batch, found in works.run(lambda: again.popleft() if again else next(waiting, None)):
        if isinstance(found, Lost):
            if batch.tries >= MOST_TRIES:
                raise WorkError(f"The process that reads films ended {batch.tries + 1} times, last by {found.how}.")
            again.append(replace(batch, tries=batch.tries + 1))
            continue
        part: Part = found
        table.add(batch, part.content)
        films, failures = films + part.films, failures + part.failures
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            say()
    say()
    return films, failures
