"""A run that is killed between any two steps of storing an epoch resumes with every epoch once."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.training import checkpoint
from cxr_core.training.checkpoint import Commit, commit, copied, last_commit, restore, settle
from cxr_core.training.recipes import configure
from cxr_core.training.runs import Run, create_run


class Killed(BaseException):
    """Raised where a real process would be killed."""


class Optimizer:
    def __init__(self) -> None:
        self.variables = [Variable(0)]


class Variable:
    """Stands in for a Keras variable."""

    def __init__(self, value: float) -> None:
        self.value = np.full(3, value)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.value

    def assign(self, value: np.ndarray) -> None:
        self.value = value


class Model:
    """Stands in for a Keras model; its one weight is the number of the epoch."""

    metrics: tuple = ()

    def __init__(self, epoch: int) -> None:
        self.epoch, self.variables = epoch, [Variable(epoch)]
        self.optimizer = Optimizer()
        self.optimizer.variables = [Variable(-epoch)]

    def save(self, file: Path) -> None:
        file.write_text(str(self.epoch))


@pytest.fixture
def run() -> Run:
    return create_run(Path("/films"), "residual-128", configure("residual-128", {}))


def store_epoch(run: Run, epoch: int, best_epoch: int, earlier: int = 0) -> None:
    """Store an epoch, and with it so many before it."""
    *before, row = ({"epoch": n, "loss": 1 / n, "val_auc": 0.5} for n in range(epoch - earlier, epoch + 1))
    save = Model(best_epoch).save if best_epoch >= epoch - earlier else None
    commit(run, Commit(epoch, row, best_epoch, 0.5, {}, before), copied(Model(epoch)), save)


def epochs(run: Run) -> list[int]:
    return run.history()["epoch"].tolist()


def test_epochs_are_stored_one_after_the_other(run: Run) -> None:
    for epoch, best in ((1, 1), (2, 2), (3, 2)):
        store_epoch(run, epoch, best)
    assert epochs(run) == [1, 2, 3]
    assert (run.folder / "best.keras").read_text() == "2"
    assert sorted(file.name for file in (run.folder / "backup").iterdir()) == ["epoch-3.npz", "epoch.json"]


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("best", [True, False])
@pytest.mark.parametrize("earlier", [0, 2])
def test_killed_at_any_step_no_epoch_is_lost_or_repeated(
    run: Run, step: int, best: bool, earlier: int, monkeypatch
) -> None:
    store_epoch(run, 1, 1)
    steps = iter(range(100))

    def stepping(before):
        def do(*arguments, **named):
            if next(steps) == step:
                raise Killed
            return before(*arguments, **named)

        return do

    with monkeypatch.context() as patch:
        for name in ("replace_atomically", "_best_part", "_write_rows"):
            patch.setattr(checkpoint, name, stepping(getattr(checkpoint, name)))
        with contextlib.suppress(Killed):
            store_epoch(run, 2 + earlier, 2 if best else 1, earlier)
    settle(run)
    done = last_commit(run)
    assert done is not None
    assert epochs(run) == list(range(1, done.epoch + 1))
    store_epoch(run, done.epoch + 1, done.best_epoch)
    assert epochs(run) == list(range(1, done.epoch + 2))
    assert (run.folder / "best.keras").read_text() == str(done.best_epoch)


def test_an_incomplete_row_is_written_again(run: Run) -> None:
    store_epoch(run, 1, 1)
    store_epoch(run, 2, 1)
    file = run.folder / "history.csv"
    file.write_text(file.read_text()[:-9])
    settle(run)
    assert epochs(run) == [1, 2]


def test_files_of_an_epoch_that_was_not_committed_are_removed(run: Run) -> None:
    (run.folder / "history.csv").write_text("epoch,loss\n1,0.5\n")
    (run.folder / "best-1.part.keras").touch()
    settle(run)
    assert run.history().empty
    assert not list(run.folder.glob("best*"))


def test_restored_variables_are_those_committed(run: Run) -> None:
    store_epoch(run, 4, 4)
    model, done = Model(9), last_commit(run)
    assert done is not None
    restore(run, model, done, with_optimizer=False)
    assert model.variables[0].value.tolist() == [4, 4, 4]
    assert model.optimizer.variables[0].value.tolist() == [-9, -9, -9]
    restore(run, model, done, with_optimizer=True)
    assert model.optimizer.variables[0].value.tolist() == [-4, -4, -4]


def test_a_damaged_checkpoint_is_reported(run: Run) -> None:
    store_epoch(run, 1, 1)
    (run.folder / "backup" / "epoch-1.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(WorkError, match="cannot be read"):
        restore(run, Model(0), Commit(1, {}, 1, 0.5, {}), with_optimizer=True)


def test_a_full_disk_is_reported_and_the_previous_epoch_stays(run: Run, monkeypatch) -> None:
    store_epoch(run, 1, 1)

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "_write_arrays", full)
        with pytest.raises(WorkError, match="No space left on device"):
            store_epoch(run, 2, 2)
    settle(run)
    assert epochs(run) == [1]
    assert (run.folder / "best.keras").read_text() == "1"
