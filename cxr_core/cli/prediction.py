"""The verb that reads films: predict."""

import argparse
import sys

from cxr_core.cli.output import BAD_INPUT, DONE, FAILED, print_result, progress_counter


def predict_films(options: argparse.Namespace) -> int:
    """Read films; FAILED if some cannot be read, BAD_INPUT if none can."""
    from cxr_core.inference.batch import find_films, read_files, write_csv

    files = find_films(options.paths)
    results, unreadable = read_files(files, options.model, options.heatmaps, progress_counter("Reading"))
    for message in unreadable:
        print(message, file=sys.stderr)
    if not results:
        return BAD_INPUT
    if options.csv:
        write_csv(results, options.csv)
    lines = [
        f"{r['file']}: {r['verdict']}" + ("" if r["probability"] is None else f", probability {r['probability']:.3f}")
        for r in results
    ]
    print_result(options, results, "\n".join(lines))
    return FAILED if unreadable else DONE
