"""Runs the published experiments and compares our results with the published ones.

Each experiment is fitted on the split it was published on, on a split by patient, and on the official split if the
data set has a `test` folder. Each fit is an ordinary run, marked in its `config.json`. One that has finished is not
repeated, so an interrupted `reproduce` continues where it was.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import not_one_of
from cxr_core.files import store_file
from cxr_core.jobs.process import ProcessId, start_process
from cxr_core.paths import home
from cxr_core.records import read_table
from cxr_core.training.cost.estimate import estimate_cost
from cxr_core.training.fit import fit
from cxr_core.training.recipes import RECIPES
from cxr_core.training.runs import Run, create_run, list_runs

SPLITS = {"image": "70/15/15 by image", "patient": "70/15/15 by patient", "official": "official test"}
METRICS = ("accuracy", "loss", "auc", "recall", "precision")
LONG_FITS = ("xcovnet",)
"""Experiments whose time and memory are estimated and reported before they start."""


@dataclass(frozen=True)
class Experiment:
    """A recipe's published result: the split it was measured on, its accuracy and, if published, its loss."""

    published_on: str
    accuracy: float
    loss: float | None = None


EXPERIMENTS = {
    "yagci-baseline": Experiment("image", 0.9295, 0.1855),
    "yagci-l2": Experiment("image", 0.8976, 1.0141),
    "yagci-dropout": Experiment("image", 0.8464, 0.4017),
    "yagci-shear": Experiment("image", 0.9295, 0.1824),
    "yagci-adam": Experiment("image", 0.9545, 0.1214),
    "yagci-deep-adam": Experiment("image", 0.9522, 0.1536),
    "yagci-whole-adam": Experiment("image", 0.9590, 0.3068),
    "yagci-whole-adam-l2": Experiment("image", 0.9352, 0.2043),
    "xcovnet": Experiment("official", 0.77),
}


def reproduce(data: Path, only: list[str] | None, report: Callable[[str], None]) -> pd.DataFrame:
    """Run all experiments, or those in `only`, that have not been run on these films; returns `results`.

    report: called with a message before each experiment. Raises SettingsError for an experiment that does not exist,
    and what `fit` raises.
    """
    names = experiment_names(only)
    index = build_index(data)
    finished = _finished(index)
    wanted = [(name, split) for name in names for split in _splits(index, name) if (name, split) not in finished]
    for number, (name, split) in enumerate(wanted, start=1):
        report(f"{number} of {len(wanted)}: {name}, {SPLITS[split]}.{_expected_cost(index, name)}")
        run = create_run(data, name, RECIPES[name], experiment={"name": name, "split": split})
        fit(run)
        if run.state().status != "finished":
            report(f"{name} was stopped; `reproduce` continues from here.")
            break
    return results(index, names)


def experiment_names(only: list[str] | None) -> list[str]:
    """The names in `only`, or of all experiments without any. Raises SettingsError for one that does not exist."""
    unknown = [name for name in only or [] if name not in EXPERIMENTS]
    if unknown:
        raise not_one_of("experiment", unknown[0], EXPERIMENTS)
    return list(only or EXPERIMENTS)


def results(index: Index, names: list[str] | None = None) -> pd.DataFrame:
    """One row for each experiment: published accuracy and loss, then our metrics on each split; NaN where not run."""
    finished = _finished(index)
    metrics = {key: run.test_metrics() for key, run in finished.items()}
    return _table(names or list(EXPERIMENTS), lambda name, split: metrics.get((name, split), {}))


def reference_results() -> pd.DataFrame:
    """`results` as they stand in docs/reproduction.md: of our last fits on the Kermany films."""
    file = Path(__file__).with_name("reference_results.csv")
    ours = read_table(file, ["experiment"], "the table of our last results").set_index("experiment")

    def metrics(name: str, split: str) -> dict[str, float]:
        given = {metric: str(ours.loc[name].get(f"{split}_{metric}", "")) for metric in METRICS}
        return {metric: float(value) for metric, value in given.items() if value}

    return _table([name for name in EXPERIMENTS if name in ours.index], metrics)


def _table(names: list[str], metrics: Callable[[str, str], dict[str, float]]) -> pd.DataFrame:
    rows = []
    for name in names:
        experiment = EXPERIMENTS[name]
        row: dict[str, Any] = {"experiment": name, "published_on": SPLITS[experiment.published_on]}
        row |= {"published_accuracy": experiment.accuracy, "published_loss": experiment.loss or math.nan}
        for split in SPLITS:
            row |= {f"{split}_{metric}": metrics(name, split).get(metric, math.nan) for metric in METRICS}
        rows.append(row)
    return pd.DataFrame(rows)


def as_text(table: pd.DataFrame) -> str:
    """The results as a Markdown table: accuracy / loss, or a dash if not run or not published."""
    heads = ["experiment", "published", *(f"ours, {words}" for words in SPLITS.values())]
    rows = [[row["experiment"], *(_pair(row, part) for part in ("published", *SPLITS))] for _, row in table.iterrows()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ["---"] * len(heads), *rows])


def _pair(row: pd.Series, part: str) -> str:
    values = [row[f"{part}_accuracy"], row[f"{part}_loss"]]
    return " / ".join(f"{value:.4f}" for value in values if not math.isnan(value)) or "–"


def launch_reproduction(data: Path, only: list[str]) -> None:
    """`reproduce` in a process that outlives the server; its log is `reproduce.log` in the home folder.

    Raises SettingsError for an experiment that does not exist, WorkError if the process cannot be started.
    """
    experiment_names(only)
    process = start_process(f"{__name__}.print_reproduction", (data, only), home() / "reproduce.log")
    with store_file(_process_file(), "the process of the reproduction") as part:
        part.write_text(json.dumps(process.to_dict()))


def print_reproduction(data: Path, only: list[str]) -> None:
    """`reproduce`, with its messages and its table printed."""
    print(as_text(reproduce(data, only, partial(print, flush=True))))


def is_reproducing() -> bool:
    """Whether the process of `launch_reproduction` is running."""
    try:
        return ProcessId.from_dict(json.loads(_process_file().read_text())).alive
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _process_file() -> Path:
    return home() / "reproduce.pid"


def _splits(index: Index, name: str) -> list[str]:
    official = ["official"] if "test" in set(index.films["split"]) else []
    by_image = ["image"] if EXPERIMENTS[name].published_on == "image" else []
    return [*by_image, "patient", *official]


def _finished(index: Index) -> dict[tuple[str, str], Run]:
    """The newest finished run of each experiment and split on these films, with the recipe as it stands."""
    found: dict[tuple[str, str], Run] = {}
    for run in list_runs():
        config, state = run.config(), run.state()
        mark = config.experiment
        if not mark or state.status != "finished" or state.fingerprint != index.fingerprint:
            continue
        if config.parsed == RECIPES.get(mark.name):
            found.setdefault((mark.name, mark.split), run)
    return found


def _expected_cost(index: Index, name: str) -> str:
    if name not in LONG_FITS:
        return ""
    films = len(index.readable)
    cost = estimate_cost(RECIPES[name], int(0.7 * films), int(0.15 * films))
    return f" About {cost.seconds / 3600:.1f} h and {cost.memory / 1e9:.1f} GB on this machine ({cost.device})."
