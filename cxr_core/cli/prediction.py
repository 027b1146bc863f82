"""The verb that reads films: predict."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_core.cli.audited import reading_recorder
from cxr_core.cli.hospital import fhir_writer, read_archive, terms_of
from cxr_core.cli.output import BAD_INPUT, DONE, FAILED, print_result, progress_counter
from cxr_core.errors import InputError

if TYPE_CHECKING:
    from cxr_core.inference.reading import Reading


def predict_films(options: argparse.Namespace) -> int:
    """Read films; FAILED if some cannot be read, BAD_INPUT if none can."""
    from cxr_core.hospital.answer import SCHEME
    from cxr_core.inference.batch import find_films, read_files, write_csv
    from cxr_core.inference.decision import Choice
    from cxr_core.models.site_profile import find_profile

    studies = [path.removeprefix(SCHEME) for path in options.paths if path.startswith(SCHEME)]
    paths = [path for path in options.paths if not path.startswith(SCHEME)]
    if options.send and paths:
        raise InputError(
            f"is not for {paths[0]}",
            thing="--send",
            accepted=f"results go back to the archive's own studies, {SCHEME}STUDY-UID",
        )
    files = find_films(paths)
    results: list[dict[str, Any]] = []
    unreadable: list[str] = []
    if files:
        progress = progress_counter("Reading")
        choice = Choice(prevalence=options.prevalence)
        site = find_profile(options.site) if options.site else None
        record, write_report = reading_recorder(), None
        if options.fhir:
            terms, model = terms_of(options, choice)
            write_report = fhir_writer(options.fhir, model, terms)

        def on_reading(file: Path, reading: "Reading") -> None:
            record(reading)
            if write_report:
                write_report(file, reading)

        results, unreadable = read_files(files, options.model, options.heatmaps, progress, on_reading, choice, site)
    if studies:
        terms, model = terms_of(options, Choice())
        fetched, messages = read_archive(studies, options, terms, model)
        results, unreadable = results + fetched, unreadable + messages
    for message in unreadable:
        print(message, file=sys.stderr)
    if not results:
        return BAD_INPUT
    if options.csv:
        write_csv(results, options.csv)
    lines = [f"{r['file']}: {r['verdict'].replace('_', ' ')}. {r['reasons'][0]}" for r in results]
    print_result(options, results, "\n".join(lines))
    return FAILED if unreadable else DONE
