"""Tables that compare runs."""

from cxr_core.training.run_comparison import best_epochs, settings_that_differ
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
