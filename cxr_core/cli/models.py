"""The verbs for models and their evaluation: publish, models, evaluate."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.cli.output import print_result, progress_counter
from cxr_core.errors import InputError

if TYPE_CHECKING:
    from cxr_core.metrics.film_metrics import Metrics


def publish_run(options: argparse.Namespace) -> int:
    """Make a model folder of a run's best weights, or convert a model for reading."""
    if options.convert:
        return _convert(options)
    if not options.run or not options.name:
        raise InputError(
            "RUN --name NAME publishes a run, --convert NAME converts a model",
            thing="publish",
            accepted="one is needed",
        )
    from cxr_core.publishing.publish import publish
    from cxr_core.training.runs import find_run

    model = publish(find_run(options.run), options.name, options.into)
    return print_result(options, model.card.to_dict(), f"Published {model.name} ({model.version}) to {model.folder}.")


def _convert(options: argparse.Namespace) -> int:
    from cxr_core.models.registry import find_model
    from cxr_core.publishing.convert import convert_model

    if options.run or options.name or options.into:
        raise InputError(
            "is not for RUN, --name or --into",
            thing=f"--convert {options.convert}",
            accepted="--data is accepted with it",
        )
    model = convert_model(find_model(options.convert), options.data, progress_counter("Decoding the films"))
    assert model.card.conversion
    compared, difference = model.card.conversion.compared_on, model.card.conversion.largest_logit_difference
    text = f"Converted {model.name}: over {compared} no logit differs by more than {difference:.1e}."
    return print_result(options, model.card.to_dict(), text)


def show_models(options: argparse.Namespace) -> int:
    """List the models; or write one as a signed zip, or add one from such a zip."""
    if options.export and options.archive:
        raise InputError("--export and --import are both given", thing="models", accepted="one is accepted")
    if options.export:
        return _export(options)
    if options.archive:
        return _import(options)
    if options.out or options.name or options.confirm:
        raise InputError(thing="models", accepted="--out is for --export, --name and --confirm are for --import")
    from cxr_core.models.registry import damaged_models, list_models

    models = list_models()
    for message in damaged_models():
        print(message, file=sys.stderr)
    rows = [{"released": model.released, "folder": str(model.folder)} | model.card.to_dict() for model in models]
    lines = [f"{'*' if m.released else ' '} {m.name}  {m.version}  {m.card.summary}" for m in models]
    return print_result(options, rows, "\n".join(lines) or "No models; `publish RUN --name NAME` makes one.")


def _export(options: argparse.Namespace) -> int:
    from cxr_core.files import store_file
    from cxr_core.models.exchange import export_model
    from cxr_core.models.registry import find_model

    if options.name or options.confirm or not options.out:
        raise InputError(thing=f"models --export {options.export}", accepted="needs --out FILE.zip, and nothing else")
    model = find_model(options.export)
    packed = export_model(model)
    with store_file(options.out, "the exported model") as part:
        part.write_bytes(packed)
    document = {"name": model.name, "version": model.version, "file": str(options.out), "bytes": len(packed)}
    return print_result(options, document, f"Exported {model.name} ({model.version}) to {options.out}.")


def _import(options: argparse.Namespace) -> int:
    from cxr_core.models.exchange import import_model

    if options.out:
        raise InputError("--out is for --export", thing=f"models --import {options.archive}")
    model = import_model(options.archive, options.name, options.confirm)
    return print_result(options, model.card.to_dict(), f"Imported {model.name} ({model.version}) to {model.folder}.")


def evaluate_model(options: argparse.Namespace) -> int:
    """Evaluate a model on labelled films, or test its acceptance at a site."""
    if options.accept or options.share or options.site or options.join:
        from cxr_core.cli.acceptance import accept_or_join

        return accept_or_join(options)
    if not options.data or not options.out:
        raise InputError(
            "DATA and --out DIR are needed, or --join FILE with the counts of several sites", thing="evaluate"
        )
    from cxr_core.evaluation.answers import answers_in_words
    from cxr_core.evaluation.run import run_evaluation
    from cxr_core.models.registry import find_model
    from cxr_core.reports.evaluation.build import write_report

    other = options.compare
    against = None if other is None else Path(other) if other.endswith(".csv") else find_model(other)
    progress = progress_counter("Reading the films")
    model = find_model(options.model)
    evaluation = run_evaluation(model, options.data, options.split, options.out, progress, against)
    record, metrics = evaluation.record, evaluation.metrics
    write_report(evaluation, model if record.of_model else None, options.out, list(record.comparison))
    lines = [f"{record.name} on {record.split}: {metrics.films:,} films", *_estimate_lines(metrics)]
    if record.answers:
        lines.append(answers_in_words(record.answers))
    if rest := record.without_contested:
        lines += [f"Without {metrics.films - rest.films:,} contested films:", *_estimate_lines(rest)]
    lines += record.comparison
    lines += [note for note in (record.overlap and record.overlap.warning, record.accesses, record.decisions) if note]
    lines.append(f"Wrote {options.out}.")
    for message in record.passed_over:
        print(message, file=sys.stderr)
    return print_result(options, record.to_dict(), "\n".join(lines))


def _estimate_lines(metrics: "Metrics") -> list[str]:
    lines = []
    for name, estimate in metrics.estimates.items():
        value = "not computable" if estimate.value is None else f"{estimate.value:.4f}"
        interval = ""
        if estimate.low is not None:
            interval = f" ({estimate.low:.4f} to {estimate.high:.4f}, {estimate.method})"
        lines.append(f"  {name}: {value}{interval}")
    return lines
