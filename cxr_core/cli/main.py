"""The command line: one verb for each thing a page does.

Exit 0 done; 1 the work failed; 2 bad usage or bad input, with one line on standard error. `--json` prints one
document on standard output and nothing else there. Rooms are imported by the verb that needs them, so that
`--help` comes at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from cxr_core import __version__
from cxr_core.errors import CXRError, InputError
from cxr_core.progress import Progress

DONE, FAILED, BAD_INPUT = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help.\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options)
    except InputError as error:
        return _complain(str(error), BAD_INPUT)
    except CXRError as error:
        return _complain(str(error), FAILED)
    except KeyboardInterrupt:
        return _complain("Interrupted.", FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _complain(f"{error.filename or 'the disk'}: {error.strerror or error}.", FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m cxr_core", description="Read chest X-rays for pneumonia; train and prove networks."
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], says: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=says, description=says)
        added.set_defaults(verb=run)
        added.add_argument("--json", action="store_true", help="print one JSON document on standard output")
        return added

    demo = verb("demo-data", _demo_data, "write the small synthetic demo set")
    demo.add_argument("out", type=Path, metavar="OUT")

    index = verb("index", _index, "count films by split, class and kind; siblings; every fault")
    index.add_argument("data", type=Path, metavar="DATA")
    index.add_argument(
        "--pixels", action="store_true", help="also look at every film: near duplicates, colour, inverted"
    )
    index.add_argument("--gate", action="store_true", help="also ask the gate what is no frontal chest film")

    split = verb("split", _split, "deal a data set into train, val and test by patient, as a table")
    split.add_argument("data", type=Path, metavar="DATA")
    split.add_argument("--fractions", type=float, nargs=3, default=(0.7, 0.15, 0.15), metavar=("TRAIN", "VAL", "TEST"))
    split.add_argument("--seed", type=int, default=0)
    split.add_argument("--group", default="patient", help="patient, or image (leaks; for comparison)")
    split.add_argument("--out", type=Path, required=True, metavar="FILE")

    train = verb("train", _train, "fit a recipe; writes the run folder")
    train.add_argument("data", type=Path, metavar="DATA")
    train.add_argument("--recipe", default="residual-128")
    train.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    train.add_argument("--split", type=Path, metavar="FILE")
    train.add_argument("--run", type=Path, metavar="DIR")

    verb("runs", _runs, "list the runs")
    for name, run, says in (
        ("stop", _stop, "stop a run after its batch, keeping the best so far"),
        ("resume", _resume, "go on with a run that stopped, failed or died"),
    ):
        verb(name, run, says).add_argument("run", metavar="RUN")

    reproduce = verb("reproduce", _reproduce, "run the published experiments; prints ours beside theirs")
    reproduce.add_argument("data", type=Path, metavar="DATA")
    reproduce.add_argument("--only", nargs="+", metavar="NAME", help="some of them, for example yagci-baseline xcovnet")

    publish = verb("publish", _publish, "make a model folder of a run's best weights")
    publish.add_argument("run", metavar="RUN")
    publish.add_argument("--name", required=True)
    publish.add_argument("--into", type=Path, metavar="DIR", help="folder of models; by default the user's")

    verb("models", _models, "list the models, the released one marked")

    evaluate = verb("evaluate", _evaluate, "figures of a model on a split, with confidence intervals")
    evaluate.add_argument("data", type=Path, metavar="DATA")
    evaluate.add_argument(
        "--split", default="test", help="a split of the folder, or a split table and its part FILE:PART"
    )
    evaluate.add_argument("--model", metavar="NAME")
    evaluate.add_argument("--out", type=Path, required=True, metavar="DIR")
    evaluate.add_argument(
        "--compare", metavar="OTHER", help="a second model, or a CSV of another system's scores, on the same films"
    )
    evaluate.add_argument("--accept", action="store_true", help="site acceptance: is the model fit for these films?")

    predict = verb("predict", _predict, "read films")
    predict.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder or a glob")
    predict.add_argument("--model", metavar="NAME")
    predict.add_argument("--heatmaps", type=Path, metavar="DIR", help="write an overlay PNG for each film")
    predict.add_argument("--csv", type=Path, metavar="FILE", help="write the readings as a table")
    return parser


def _demo_data(options: argparse.Namespace) -> int:
    from cxr_core.datasets.demo import write_demo_set

    folder = write_demo_set(options.out)
    return _print(options, {"folder": str(folder)}, f"Wrote the synthetic demo set to {folder}.")


def _index(options: argparse.Namespace) -> int:
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.quality.issues import counted, find_issues, tally
    from cxr_core.datasets.quality.pixel_statistics import look
    from cxr_core.datasets.summary import in_words, summarise

    index = build_index(options.data, _progress("Looking through the films"))
    findings = find_issues(index, look(index, _progress("Looking at the films")) if options.pixels else None)
    if options.gate:
        from cxr_core.inference.gate.data_set_audit import ask_gate, refused_films

        ask_gate(index, _progress("Asking the gate"))
        findings.append(refused_films(index))
    summary = summarise(index) | {"findings": tally(findings)}
    lines = [*in_words(summary), "  faults:"]
    for finding in findings:
        groups = f" in {counted(finding.groups, 'group')}" if finding.groups else ""
        lines.append(f"    {finding.title}: {counted(len(finding.films), 'file')}{groups}")
    if not options.pixels:
        lines.append("    not looked for without --pixels: pixels unreadable, near duplicates, colour, inverted")
    if not options.gate:
        lines.append("    not looked for without --gate: not a frontal chest film")
    lines.append(f"  files that cannot be used: {len(summary['faults'])}")
    lines += [f"    {row['path']}: {row['fault']}" for row in summary["faults"]]
    return _print(options, summary, "\n".join(lines))


def _split(options: argparse.Namespace) -> int:
    from cxr_core.datasets.index import build_index
    from cxr_core.datasets.split import grouped_split, write_split
    from cxr_core.datasets.summary import counts

    index = build_index(options.data, _progress("Looking through the films"))
    dealt = grouped_split(index.films, options.fractions, options.seed, options.group)
    write_split(index.films, dealt, options.out)
    parts = {name: counts(index.films[dealt == name]) for name in ("train", "val", "test")}
    lines = [f"Wrote {options.out}."]
    lines += [f"  {name}: {part['films']:,} films of {part['patients']:,} patients" for name, part in parts.items()]
    return _print(options, {"file": str(options.out), "splits": parts}, "\n".join(lines))


def _train(options: argparse.Namespace) -> int:
    from cxr_core.datasets.index import build_index
    from cxr_core.training.recipes import configure
    from cxr_core.training.runs import create_run

    settings = dict(_key_value(text) for text in options.settings)
    recipe = configure(options.recipe, settings)
    index = build_index(options.data, _progress("Looking through the films"))
    run = create_run(index.source, options.recipe, recipe, options.split, options.run)
    print(f"run {run.id}: {run.folder}", file=sys.stderr)
    return _fit(options, run)


def _resume(options: argparse.Namespace) -> int:
    from cxr_core.training.run_actions import prepare_resume
    from cxr_core.training.runs import find_run

    run = find_run(options.run)
    prepare_resume(run)
    return _fit(options, run)


def _fit(options: argparse.Namespace, run) -> int:
    from contextlib import redirect_stdout

    from cxr_core.training.fit import fit

    with redirect_stdout(sys.stderr):
        fit(run)
    state = run.state()
    best = "no epoch ended"
    if "best_epoch" in state:
        best = f"best epoch {state['best_epoch']}, validation AUC {state['best_val_auc']:.4f}"
    return _print(options, {"run": run.id, "folder": str(run.folder)} | state, f"{run.id}: {state['status']}; {best}")


def _runs(options: argparse.Namespace) -> int:
    from cxr_core.training.runs import list_runs

    rows = [{"run": run.id, "folder": str(run.folder), "config": run.config()} | run.state() for run in list_runs()]
    lines = [
        f"{row['run']}  {row['status']}  epoch {row['epoch']} of {row['epochs']}  {row['message']}" for row in rows
    ]
    return _print(options, rows, "\n".join(lines) or "No runs yet; `train DATA` starts one.")


def _stop(options: argparse.Namespace) -> int:
    from cxr_core.training.run_actions import stop
    from cxr_core.training.runs import find_run

    run = find_run(options.run)
    stop(run)
    status = run.state()["status"]
    return _print(options, {"run": run.id, "status": status}, f"{run.id}: {status}.")


def _reproduce(options: argparse.Namespace) -> int:
    from contextlib import redirect_stdout

    from cxr_core.training.reproduce import as_text, reproduce

    with redirect_stdout(sys.stderr):
        table = reproduce(options.data, options.only, lambda said: print(said, flush=True))
    return _print(options, json.loads(table.to_json(orient="records")), as_text(table))


def _publish(options: argparse.Namespace) -> int:
    from cxr_core.publishing.publish import publish
    from cxr_core.training.runs import find_run

    model = publish(find_run(options.run), options.name, options.into)
    return _print(options, model.card, f"Published {model.name} ({model.version}) to {model.folder}.")


def _models(options: argparse.Namespace) -> int:
    from cxr_core.models.registry import list_models

    models = list_models()
    rows = [{"released": model.released, "folder": str(model.folder)} | model.card for model in models]
    lines = [f"{'*' if m.released else ' '} {m.name}  {m.version}  {m.card['summary']}" for m in models]
    return _print(options, rows, "\n".join(lines) or "No models; `publish RUN --name NAME` makes one.")


def _evaluate(options: argparse.Namespace) -> int:
    if options.accept:
        return _accept(options)
    from cxr_core.evaluation.run import assess
    from cxr_core.models.registry import find_model

    other = options.compare
    against = None if other is None else Path(other) if other.endswith(".csv") else find_model(other)
    progress = _progress("Decoding the films")
    metrics = assess(find_model(options.model), options.data, options.split, options.out, progress, against)
    lines = [f"{metrics['model']['name']} on {metrics['split']}: {metrics['films']:,} films", *_figures(metrics)]
    if rest := metrics.get("without_contested"):
        lines += [f"Without {metrics['films'] - rest['films']:,} contested films:", *_figures(rest)]
    lines += metrics.get("comparison", {}).get("in_words", [])
    beside = (metrics.get("seen_in_training") or {}).get("warning"), metrics.get("test_ledger", {}).get("sentence")
    lines += [sentence for sentence in beside if sentence]
    lines.append(f"Wrote {options.out}.")
    return _print(options, metrics, "\n".join(lines))


def _figures(metrics: dict[str, Any]) -> list[str]:
    lines = []
    for name, figure in metrics["figures"].items():
        value = "not computable" if figure["value"] is None else f"{figure['value']:.4f}"
        interval = (
            "" if figure["low"] is None else f" ({figure['low']:.4f} to {figure['high']:.4f}, {figure['method']})"
        )
        lines.append(f"  {name}: {value}{interval}")
    return lines


def _accept(options: argparse.Namespace) -> int:
    from cxr_core.evaluation.site import accept_site
    from cxr_core.models.registry import find_model

    found = accept_site(find_model(options.model), options.data, options.out, _progress("Decoding the films"))
    return _print(options, found, "\n".join([found["verdict_in_words"], *found["reasons"], f"Wrote {options.out}."]))


def _predict(options: argparse.Namespace) -> int:
    from cxr_core.inference.batch import find_films, read_files, write_csv

    files = find_films(options.paths)
    results, unreadable = read_files(files, options.model, options.heatmaps, _progress("Reading"))
    for sentence in unreadable:
        print(sentence, file=sys.stderr)
    if not results:
        return BAD_INPUT
    if options.csv:
        write_csv(results, options.csv)
    lines = [
        f"{r['file']}: {r['verdict']}" + ("" if r["probability"] is None else f", probability {r['probability']:.3f}")
        for r in results
    ]
    _print(options, results, "\n".join(lines))
    return FAILED if unreadable else DONE


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text}: KEY=VALUE is accepted, for example --set epochs=3.")
    return key.strip(), value.strip()


def _print(options: argparse.Namespace, document: Any, text: str) -> int:
    print(json.dumps(document, indent=1, default=str, allow_nan=False) if options.json else text)
    return DONE


def _progress(doing: str) -> Progress | None:
    """A counter on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{doing}: {done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def _complain(sentence: str, status: int) -> int:
    print(sentence, file=sys.stderr)
    return status
