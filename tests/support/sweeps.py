"""Sweeps whose runs were never fitted, for pages and pictures of them."""

from collections.abc import Callable, Iterable
from itertools import product

import pandas as pd

from cxr_core.cluster.sweep_record import Sweep, sweeps_folder
from cxr_core.paths import runs_folder
from cxr_core.training.recipes import configure
from cxr_core.training.run_actions import rename
from cxr_core.training.runs import Run, create_run
from tests.support.runs import NO_PROCESS


def write_history(run: Run, epochs: int, auc: float, **sources: float) -> None:
    """An epoch's figures, the same for each epoch."""
    columns = {"epoch": range(1, epochs + 1), "loss": 0.5, "val_loss": 0.5, "accuracy": 0.9, "val_accuracy": 0.9}
    table = pd.DataFrame(columns | {"auc": auc, "val_auc": auc, "learning_rate": 0.001, "seconds": 2.0})
    table.assign(**{f"val_auc_{name}": value for name, value in sources.items()}).to_csv(
        run.folder / "history.csv", index=False
    )


def write_validation(run: Run, logits: Iterable[float], labels: str = "NPNP", sources: str = "aabb") -> None:
    """Scored validation films. labels: of each the first letter of its class. sources: of each a letter."""
    names = {"N": "NORMAL", "P": "PNEUMONIA", "O": "OTHER"}
    rows = [(names[label], source, logit) for label, source, logit in zip(labels, sources, logits, strict=True)]
    table = pd.DataFrame(rows, columns=["label", "source", "logit"]).rename_axis("path")
    table.to_csv(run.folder / "validation.csv")


def pretended_sweep(
    name: str, tried: dict[str, list[str]], auc: Callable[[tuple[str, ...], int], float], seeds: int = 2
) -> Sweep:
    """A sweep that has ended: of 9 epochs, the best by `auc` (of settings and seed) fitted to the end, the others to
    the third."""
    trials, found = [], []
    for number, values in enumerate(product(*tried.values())):
        settings = dict(zip(tried, values, strict=True))
        ids = []
        for seed in range(seeds):
            recipe = configure("residual-128", {**settings, "epochs": "9", "seed": str(seed)})
            folder = runs_folder() / f"{name}-{number:03}-seed{seed}"
            run = create_run(runs_folder() / "films", "residual-128", recipe, folder=folder)
            rename(run, " ".join(f"{key}={value}" for key, value in settings.items()) + f" seed {seed}")
            ids.append(run.id)
            found.append((auc(values, seed), run))
        trials.append({"settings": settings, "runs": ids})
    best = max(found, key=lambda one: one[0])[1].id.rpartition("-")[0]
    for figure, run in found:
        ended = run.id.startswith(best)
        epochs = 9 if ended else 3
        write_history(run, epochs, figure, a=figure)
        write_validation(run, (-figure, figure, -1, 1))
        (run.folder / "best.keras").write_bytes(b"")
        status = "finished" if ended else "stopped"
        run.update(status=status, pid=NO_PROCESS, epoch=epochs, best_epoch=1, best_val_auc=figure, message="Ended.")
    values = {"id": name, "recipe": "residual-128", "tried": tried, "trials": trials, "rungs": [3, 9]}
    sweep = Sweep.from_dict(values)
    (sweeps_folder() / name).mkdir(parents=True)
    sweep.write(sweeps_folder() / name / "sweep.json")
    return sweep
