"""The verbs for many films and many fits, here or on a cluster: read-archive, sweep."""

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stdout
from functools import partial

from cxr_core.cli.output import print_result, progress_counter
from cxr_core.errors import InputError


def read_archive_films(options: argparse.Namespace) -> int:
    """Read an archive's films into a table; the same command goes on where it was ended."""
    from cxr_core.cluster.archive import read_archive, read_here, read_on
    from cxr_core.cluster.archive_table import ArchiveTable
    from cxr_core.cluster.ray_cluster import RayCluster
    from cxr_core.inference.decision import Choice, Rules
    from cxr_core.jobs.work import work_here
    from cxr_core.models.registry import find_model

    model = find_model(options.model)
    model.check()
    Rules.of(model.card).stated_prevalence(Choice(prevalence=options.prevalence))  # raises before the table is begun
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        job = stack.enter_context(work_here("archive", f"Read {options.source.name}"))
        cluster = stack.enter_context(RayCluster(options.cluster)) if options.cluster else None
        table = ArchiveTable(options.out, options.source, model.name, model.version, options.prevalence)
        if cluster:
            works = read_on(cluster, model, options.prevalence)
        else:
            works = stack.enter_context(read_here(model, options.prevalence))

        def report(told: str, done: int, total: int) -> None:
            print(told, file=sys.stderr, flush=True)
            job.tell(told, done, total)

        films, failures = read_archive(table, works, report)
    document = {"out": str(table.folder), "films": table.plan.films, "read_now": films, "failed_now": failures}
    text = f"{table.folder}: {table.plan.films:,} films; {films:,} read now, {failures:,} of these not readable."
    return print_result(options, document, text)


def run_sweep(options: argparse.Namespace) -> int:
    """Fit a recipe with several settings and seeds; the same command goes on where it was ended."""
    from cxr_core.cli.training import key_value
    from cxr_core.cluster.fits import Fits, FitsHere, FitsOnCluster
    from cxr_core.cluster.ray_cluster import RayCluster
    from cxr_core.cluster.sweep import fit_sweep, plan_sweep
    from cxr_core.cluster.sweep_table import sweep_table
    from cxr_core.datasets.curation import curated
    from cxr_core.datasets.index import build_index

    settings = dict(key_value(text) for text in options.settings)
    tried = tried_values(options.tried)
    index = curated(build_index(options.data, progress_counter("Indexing the films")))
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        fits: Fits = FitsHere()
        if options.cluster:
            fits = FitsOnCluster(stack.enter_context(RayCluster(options.cluster)))
        sweep = plan_sweep(index, options.recipe, settings, tried, options.seeds, options.split)
        print(
            f"{sweep.id}: {len(sweep.settings)} settings, {options.seeds} seeds, compared at {sweep.rungs}.", flush=True
        )
        fit_sweep(sweep, fits, partial(print, flush=True))
    table = sweep_table(sweep)
    document = {"sweep": sweep.id, "rungs": sweep.rungs, "trials": json.loads(table.to_json(orient="records"))}
    return print_result(options, document, table.to_string(index=False, float_format="{:.4f}".format))


def tried_values(given: Iterable[str]) -> dict[str, list[str]]:
    """The values of each setting, from texts KEY=VALUE,VALUE, or KEY=VALUE;VALUE where values hold commas.

    Raises InputError for another text.
    """
    tried: dict[str, list[str]] = {}
    for text in given:
        key, equals, values = text.partition("=")
        listed = [value.strip() for value in values.split(";" if ";" in values else ",")]
        if not equals or not all(listed):
            accepted = "KEY=VALUE,VALUE is accepted, for example --try size=160,224"
            raise InputError(thing=f"--try {text}", accepted=accepted)
        tried.setdefault(key.strip(), []).extend(listed)
    return tried
