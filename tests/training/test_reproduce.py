"""The published experiments: their table, and the process that runs them."""

import json
import math
from pathlib import Path

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.errors import SettingsError
from cxr_core.jobs.process import ProcessId
from cxr_core.paths import home
from cxr_core.training import reproduce as module
from cxr_core.training.recipes import RECIPES
from cxr_core.training.reproduce import (
    EXPERIMENTS,
    as_text,
    is_reproducing,
    launch_reproduction,
    reference_results,
    reproduce,
    results,
)
from cxr_core.training.runs import create_run
from tests.conftest import REPOSITORY
from tests.support.runs import NO_PROCESS

NAME = "yagci-baseline"


def test_a_finished_experiment_is_in_the_table_and_not_repeated(
    demo_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = build_index(demo_set)
    fitted = []

    def finish(run) -> None:
        fitted.append(run.config().experiment)
        (run.folder / "test.json").write_text(json.dumps({"accuracy": 0.75, "loss": 0.5, "auc": 0.8}))
        run.update(status="finished", fingerprint=index.fingerprint, pid=NO_PROCESS)

    monkeypatch.setattr(module, "fit", finish)
    create_run(demo_set, NAME, RECIPES[NAME], experiment={"name": NAME, "split": "image"})  # not finished: repeated
    messages: list[str] = []
    table = reproduce(demo_set, [NAME], messages.append)
    assert [mark.split for mark in fitted] == ["image", "patient", "official"]
    assert messages[0] == f"1 of 3: {NAME}, 70/15/15 by image."
    row = table.iloc[0]
    assert (row["published_accuracy"], row["image_accuracy"], row["patient_loss"]) == (0.9295, 0.75, 0.5)
    assert math.isnan(row["official_recall"])
    assert f"| {NAME} | 0.9295 / 0.1855 | 0.7500 / 0.5000 |" in as_text(table)
    reproduce(demo_set, [NAME], messages.append)
    assert len(fitted) == 3
    assert results(index)["image_accuracy"].notna().sum() == 1


def test_an_experiment_that_does_not_exist_is_refused_before_a_process_starts() -> None:
    with pytest.raises(SettingsError, match="alexnet"):
        launch_reproduction(Path("/films"), ["alexnet"])
    assert not is_reproducing()


def test_the_process_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def start(function: str, arguments: tuple, log: Path) -> ProcessId:
        started.append((function, arguments, log.name))
        return ProcessId.current()

    monkeypatch.setattr(module, "start_process", start)
    launch_reproduction(Path("/films"), [NAME])
    function = "cxr_core.training.reproduce.print_reproduction"
    assert started == [(function, (Path("/films"), [NAME]), "reproduce.log")]
    assert callable(getattr(module, function.rpartition(".")[2]))
    assert is_reproducing()
    (home() / "reproduce.pid").write_text("1234")  # as written by earlier versions
    assert not is_reproducing()


def test_the_document_and_the_page_have_the_same_figures() -> None:
    document = (REPOSITORY / "docs" / "reproduction.md").read_text(encoding="utf-8")
    table = reference_results().set_index("experiment")
    assert list(table.index) == list(EXPERIMENTS)
    by_fold = table[table["image_accuracy"].notna()].reset_index()
    for line in as_text(by_fold).splitlines()[2:]:
        assert line.removesuffix(" |").rpartition(" | ")[0] in document  # without the official test
    for name, row in table.iterrows():
        more = [f"{row[f'official_{metric}']:.3f}" for metric in ("auc", "recall", "precision")]
        pair = f"{row['official_accuracy']:.4f} / {row['official_loss']:.4f}"
        assert any(
            line.startswith(f"| {name} |") and line.endswith(f"| {' | '.join([pair, *more])} |")
            for line in document.splitlines()
        ), name
