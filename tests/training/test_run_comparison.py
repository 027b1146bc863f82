"""Tables of runs."""

import pytest

from cxr_core.training.run_actions import describe, rename
from cxr_core.training.run_comparison import (
    best_epochs,
    changed_settings,
    grouped_runs,
    run_table,
    settings_that_differ,
)
from tests.support.runs import ended_run


def test_runs_side_by_side() -> None:
    one, other = ended_run(epochs="3"), ended_run(epochs="5", seed="1")
    table = settings_that_differ([one, other]).set_index("Setting")
    assert table.loc["epochs"].tolist() == ["3", "5"]
    assert sorted(table.index) == ["epochs", "seed"]
    header = "epoch,loss,val_auc,val_accuracy,val_loss,seconds\n"
    (one.folder / "history.csv").write_text(header + "1,0.5,0.7,0.6,0.5,2\n2,0.4,0.9,0.8,0.4,4\n")
    one.update(best_epoch=2)
    best = best_epochs([one, other])
    assert best.loc[0, "Validation AUC"] == 0.9
    assert best.loc[0, "Seconds an epoch"] == 3
    assert best["Epochs"].tolist() == [2, 0]


def test_all_runs_in_one_table_and_in_groups() -> None:
    one, other = ended_run(epochs="3"), ended_run(epochs="5", widths="8, 16")
    header = "epoch,loss,val_auc,val_accuracy,val_loss,seconds\n"
    (one.folder / "history.csv").write_text(header + "1,0.5,0.7,0.6,0.5,2\n")
    one.update(best_epoch=1)
    describe(one, ["b", "a", "a "], "first try")
    table = run_table([one, other])
    assert table.loc[one.id, "Validation AUC"] == 0.7
    assert table.loc[one.id, ["Tags", "Note", "Recipe", "Data"]].tolist() == [
        *(["a", "b"], "first try", "residual-128", "films")
    ]
    assert table.loc[other.id, "widths"] == "8, 16"
    groups = grouped_runs(table, "Tags").set_index("Tags")
    assert groups["Runs"].to_dict() == {"a": 1, "b": 1, "none": 1}
    assert groups.loc["a", "Best"] == pytest.approx(0.7)
    assert grouped_runs(table, "epochs")["epochs"].tolist() == ["3", "5"]  # the best first
    assert grouped_runs(run_table([other]), "seed")["Runs"].tolist() == [1]


def test_two_runs_of_one_name_stay_two() -> None:
    one, other = ended_run(epochs="3"), ended_run(epochs="5")
    for run in (one, other):
        rename(run, "same")
    assert len(settings_that_differ([one, other]).columns) == 3
    assert best_epochs([one, other])["Run"].tolist() == [f"same ({run.id})" for run in (one, other)]


def test_the_settings_that_were_changed_come_first() -> None:
    table = changed_settings(ended_run(epochs="3"))
    assert table.loc[0, ["Setting", "This run", "Recipe"]].tolist() == ["epochs", "3", "24"]
    assert table["changed"].sum() == 1
