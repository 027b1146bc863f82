"""The verb for many films, here or on a cluster: read-archive."""

import argparse
import sys
from contextlib import ExitStack, redirect_stdout
from functools import partial

from cxr_core.cli.output import print_result


def read_archive_films(options: argparse.Namespace) -> int:
    """Read an archive's films into a table; the same command goes on where it was ended."""
    from cxr_core.cluster.archive import read_archive, read_here, read_on
    from cxr_core.cluster.archive_table import ArchiveTable
    from cxr_core.cluster.ray_cluster import RayCluster
    from cxr_core.inference.decision import Choice, Rules
    from cxr_core.models.registry import find_model

    model = find_model(options.model)
    model.check()
    Rules.of(model.card).stated_prevalence(Choice(prevalence=options.prevalence))  # raises before the table is begun
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        cluster = stack.enter_context(RayCluster(options.cluster)) if options.cluster else None
        table = ArchiveTable(options.out, options.source, model.name, model.version, options.prevalence)
        if cluster:
            works = read_on(cluster, model, options.prevalence)
        else:
            works = stack.enter_context(read_here(model, options.prevalence))
        films, failures = read_archive(table, works, partial(print, file=sys.stderr, flush=True))
    document = {"out": str(table.folder), "films": table.plan.films, "read_now": films, "failed_now": failures}
    text = f"{table.folder}: {table.plan.films:,} films; {films:,} read now, {failures:,} of these not readable."
    return print_result(options, document, text)
