"""The verbs for training runs: train, resume, runs, stop, reproduce."""

import argparse
import json
import sys
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING

from cxr_core.cli.output import print_result, progress_counter
from cxr_core.errors import InputError

if TYPE_CHECKING:
    from cxr_core.training.runs import Run


def train(options: argparse.Namespace) -> int:
    """Create a run and fit it in this process."""
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.sources import data_sets
    from cxr_core.training.recipes import configure
    from cxr_core.training.runs import create_run

    settings = dict(key_value(text) for text in options.settings)
    recipe = configure(options.recipe, settings)
    index = build_index(options.data, progress_counter("Indexing the films"))
    sources = data_sets(index)
    data = sources if len(sources) > 1 else sources[0]
    run = create_run(data, options.recipe, recipe, options.split, options.run, boxes=options.boxes)
    print(f"run {run.id}: {run.folder}", file=sys.stderr)
    return _fit(options, run)


def resume_run(options: argparse.Namespace) -> int:
    """Continue a run in this process."""
    from cxr_core.training.run_actions import prepare_resume
    from cxr_core.training.runs import find_run

    run = find_run(options.run)
    prepare_resume(run)
    return _fit(options, run)


def show_runs(options: argparse.Namespace) -> int:
    """List the runs and their states."""
    from cxr_core.training.runs import damaged_runs, list_runs

    rows = [
        {"run": run.id, "folder": str(run.folder), "config": run.config().to_dict()} | run.state().to_dict()
        for run in list_runs()
    ]
    for message in damaged_runs():
        print(message, file=sys.stderr)
    lines = [
        f"{row['run']}  {row['status']}  epoch {row['epoch']} of {row['epochs']}  {row['message']}" for row in rows
    ]
    return print_result(options, rows, "\n".join(lines) or "No runs yet; `train DATA` starts one.")


def stop_run(options: argparse.Namespace) -> int:
    """Request that a run stops."""
    from cxr_core.training.run_actions import stop
    from cxr_core.training.runs import find_run

    run = find_run(options.run)
    stop(run)
    status = run.state().status
    return print_result(options, {"run": run.id, "status": status}, f"{run.id}: {status}.")


def reproduce_experiments(options: argparse.Namespace) -> int:
    """Run the published experiments and print the comparison."""
    from cxr_core.training.reproduce import as_text, reproduce

    with redirect_stdout(sys.stderr):
        table = reproduce(options.data, options.only, partial(print, flush=True))
    return print_result(options, json.loads(table.to_json(orient="records")), as_text(table))


def _fit(options: argparse.Namespace, run: "Run") -> int:
    from cxr_core.training.fit import fit

    with redirect_stdout(sys.stderr):
        fit(run)
    state = run.state()
    best = "no epoch ended"
    if state.best_epoch and state.best_val_auc is not None:
        best = f"best epoch {state.best_epoch}, validation AUC {state.best_val_auc:.4f}"
    document = {"run": run.id, "folder": str(run.folder)} | state.to_dict()
    return print_result(options, document, f"{run.id}: {state.status}; {best}")


def key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(thing=f"--set {text}", accepted="KEY=VALUE is accepted, for example --set epochs=3")
    return key.strip(), value.strip()
