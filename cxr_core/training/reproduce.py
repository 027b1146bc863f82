"""The published experiments, run here: ours beside theirs.

Each experiment is fitted on the split it was published on, on a split by patient, and on the official split if the
data has its `test` folder. Every fit is an ordinary run, marked in its `config.json`; one that has finished is not
repeated, so that an interrupted `reproduce` goes on where it was.
"""

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import SettingsError
from cxr_core.paths import REPOSITORY, home
from cxr_core.training.cost_estimate import estimate_cost
from cxr_core.training.fit import fit
from cxr_core.training.recipes import RECIPES, recipe_from_dict
from cxr_core.training.runs import Run, create_run, list_runs

SPLITS = {"image": "70/15/15 by image", "patient": "70/15/15 by patient", "official": "official test"}
ESTIMATED_BEFORE = ("xcovnet",)


@dataclass(frozen=True)
class Experiment:
    """A recipe's published result: the split it was measured on, accuracy and, where given, loss."""

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


def reproduce(data: Path, only: list[str] | None = None, tell: Callable[[str], None] = print) -> pd.DataFrame:
    """Run the experiments, or those named, that have not been run on these films; returns `results`.

    `tell` gets a sentence before each. Raises SettingsError for an experiment that does not exist, and what `fit`
    raises.
    """
    names = chosen(only)
    index = build_index(data)
    finished = _finished(index)
    wanted = [(name, split) for name in names for split in _splits(index, name) if (name, split) not in finished]
    for number, (name, split) in enumerate(wanted, start=1):
        tell(f"{number} of {len(wanted)}: {name}, {SPLITS[split]}.{_how_long(index, name)}")
        run = create_run(data, name, RECIPES[name], experiment={"name": name, "split": split})
        fit(run)
        if run.state()["status"] != "finished":
            tell(f"{name} was stopped; `reproduce` goes on from here.")
            break
    return results(index, names)


def chosen(only: list[str] | None) -> list[str]:
    """The experiments of these names, all without any. Raises SettingsError."""
    unknown = [name for name in only or [] if name not in EXPERIMENTS]
    if unknown:
        raise SettingsError(f"experiment {unknown[0]!r}: accepted are {', '.join(EXPERIMENTS)}.")
    return list(only or EXPERIMENTS)


def results(index: Index, names: list[str] | None = None) -> pd.DataFrame:
    """One row an experiment: published accuracy and loss, then ours on each split; NaN where it has not been run."""
    finished = _finished(index)
    rows = []
    for name in names or EXPERIMENTS:
        experiment = EXPERIMENTS[name]
        row: dict[str, Any] = {"experiment": name, "published_on": SPLITS[experiment.published_on]}
        row |= {"published_accuracy": experiment.accuracy, "published_loss": experiment.loss or math.nan}
        for split in SPLITS:
            figures = finished[name, split].held_out() if (name, split) in finished else {}
            for figure in ("accuracy", "loss", "auc", "recall", "precision"):
                row[f"{split}_{figure}"] = figures.get(figure, math.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def as_text(table: pd.DataFrame) -> str:
    """The results as a Markdown table: accuracy / loss, a dash for what was not run or not published."""
    heads = ["experiment", "published", *(f"ours, {words}" for words in SPLITS.values())]
    rows = [[row["experiment"], *(_pair(row, part) for part in ("published", *SPLITS))] for _, row in table.iterrows()]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ["---"] * len(heads), *rows])


def _pair(row: pd.Series, part: str) -> str:
    figures = [row[f"{part}_accuracy"], row[f"{part}_loss"]]
    return " / ".join(f"{figure:.4f}" for figure in figures if not math.isnan(figure)) or "–"


def launch_reproduction(data: Path, only: list[str]) -> None:
    """`reproduce` in a process of its own, that outlives the server; its log is `reproduce.log` in the home folder."""
    chosen(only)
    with (home() / "reproduce.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cxr_core", "reproduce", str(data), "--only", *only],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    (home() / "reproduce.pid").write_text(str(process.pid))


def reproducing() -> bool:
    """Whether `launch_reproduction`'s process is still at work."""
    try:
        process = psutil.Process(int((home() / "reproduce.pid").read_text()))
        return "reproduce" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return False


def _splits(index: Index, name: str) -> list[str]:
    official = ["official"] if "test" in set(index.films["split"]) else []
    by_image = ["image"] if EXPERIMENTS[name].published_on == "image" else []
    return [*by_image, "patient", *official]


def _finished(index: Index) -> dict[tuple[str, str], Run]:
    """The newest finished run of each experiment and split on these films, with the recipe as it stands."""
    found: dict[tuple[str, str], Run] = {}
    for run in list_runs():
        config = run.config()
        mark = config.get("experiment")
        if not mark or run.state()["status"] != "finished" or run.state()["fingerprint"] != index.fingerprint:
            continue
        if recipe_from_dict(config["settings"]) == RECIPES[mark["name"]]:
            found.setdefault((mark["name"], mark["split"]), run)
    return found


def _how_long(index: Index, name: str) -> str:
    if name not in ESTIMATED_BEFORE:
        return ""
    films = len(index.readable)
    cost = estimate_cost(RECIPES[name], int(0.7 * films), int(0.15 * films))
    return f" About {cost.seconds / 3600:.1f} h and {cost.memory / 1e9:.1f} GB on this machine ({cost.device})."
