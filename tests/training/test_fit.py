"""The fit, end to end, with tiny networks on synthetic films."""

import json
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.errors import CXRError, WorkError
from cxr_core.training.batch_history import batch_history
from cxr_core.training.fit import fit
from cxr_core.training.recipes import configure
from cxr_core.training.run_actions import prepare_resume
from cxr_core.training.runs import Run, create_run, list_runs
from tests.support.synthetic_chests import write_data_set

TINY = {"size": "32", "widths": "4", "dense": "4", "epochs": "3", "batch": "16", "dropout": "0.1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("films") / "chest_xray", patients=20)


def tiny(data: Path, **settings: str) -> Run:
    return create_run(data, "sequential-4conv", configure("sequential-4conv", TINY | settings))


def test_a_finished_run_has_all_its_files(trained_home: Path) -> None:
    run = Run(next((trained_home / "runs").iterdir()))
    state, history = run.state(), run.history()
    assert state.status == "finished"
    assert history["epoch"].tolist() == list(range(1, len(history) + 1))
    assert history["val_auc"].max() == pytest.approx(state.best_val_auc)
    assert int(history["epoch"][history["val_auc"].idxmax()]) == state.best_epoch
    assert (state.best_val_auc or 0) > 0.9
    split = pd.read_csv(run.folder / "split.csv")
    assert set(split["split"]) == {"train", "val", "test"}
    assert split.groupby("patient")["split"].nunique().max() == 1
    validated = pd.read_csv(run.folder / "validation.csv")
    assert len(validated) == (split["split"] == "val").sum()
    assert np.isfinite(validated["logit"]).all()
    assert (state.memory or 0) > 0
    assert not state.compiling
    assert state.heartbeat
    assert (state.films_per_second or 0) > 0
    assert not (run.folder / "backup").exists()


def test_a_fit_leaves_the_figures_of_its_batches_and_the_share_of_pneumonia(trained_home: Path) -> None:
    run = Run(next((trained_home / "runs").iterdir()))
    rows = batch_history(run)
    assert rows["epoch"].iloc[0] < 1
    assert rows["loss"].gt(0).all()
    assert rows["accuracy"].between(0, 1).all()
    sick = pd.read_csv(run.folder / "validation.csv")["label"] == "PNEUMONIA"
    assert run.state().val_pneumonia == pytest.approx(sick.mean())


def test_tensorboard_finds_every_epoch_under_the_run_folder(trained_home: Path) -> None:
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    run = Run(next((trained_home / "runs").iterdir()))
    for part in ("train", "validation"):
        (file,) = (run.folder / "tensorboard" / part).glob("events.out.tfevents.*")
        events = [Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(str(file))]
        assert [event.step for event in events[1:]] == run.history()["epoch"].tolist()
        logged = {value.tag: value.simple_value for value in events[-1].summary.value}
        column = "loss" if part == "train" else "val_loss"
        assert logged["loss"] == pytest.approx(run.history()[column].iloc[-1])


def test_a_stop_ends_within_a_batch_and_the_run_goes_on(data: Path, monkeypatch) -> None:
    from cxr_core.training import callbacks

    run = tiny(data, epochs="4")
    batches: list[tuple[int, int]] = []
    report = callbacks.ReportProgress.on_train_batch_end

    def counting(self, batch, logs=None) -> None:
        batches.append((self._run.state().epoch, batch))
        if batches[-1] == (3, 1) and len(batches) < 20:
            (run.folder / "stop").touch()
        report(self, batch, logs)

    monkeypatch.setattr(callbacks.ReportProgress, "on_train_batch_end", counting)
    fit(run)
    assert run.state().status == "stopped"
    assert batches[-1] == (3, 1)
    assert run.history()["epoch"].tolist() == [1, 2]
    assert (run.folder / "best.keras").exists()
    assert (run.folder / "validation.csv").exists()
    before = run.history()
    prepare_resume(run)
    monkeypatch.setattr(callbacks.ReportProgress, "on_train_batch_end", report)
    fit(run)
    assert run.state().status == "finished"
    assert run.history()["epoch"].tolist() == [1, 2, 3, 4]
    pd.testing.assert_frame_equal(run.history().head(2), before)
    assert np.isfinite(run.history().to_numpy()).all()


def test_a_resumed_run_gets_the_same_batches_as_an_uninterrupted_one(data: Path, monkeypatch) -> None:
    """Without dropout and augmentation, stopped and resumed gives the same losses as going through."""
    from cxr_core.training import callbacks

    plain = {"dropout": "0", "epochs": "2"}
    whole, broken = tiny(data, **plain), tiny(data, **plain)
    fit(whole)
    with monkeypatch.context() as patch:
        patch.setattr(callbacks.ReportProgress, "on_epoch_begin", _stop_in_epoch_2(callbacks.ReportProgress))
        fit(broken)
    assert broken.history()["epoch"].tolist() == [1]
    prepare_resume(broken)
    fit(broken)
    np.testing.assert_allclose(broken.history()["val_loss"], whole.history()["val_loss"], rtol=1e-4)


def _stop_in_epoch_2(callback):
    before = callback.on_epoch_begin

    def begin(self, epoch, logs=None) -> None:
        before(self, epoch, logs)
        if epoch == 1:
            (self._run.folder / "stop").touch()

    return begin


def test_films_that_are_gone_before_the_fit_are_reported_and_the_run_stays(tmp_path: Path) -> None:
    films = write_data_set(tmp_path / "chest_xray", patients=4)
    run = tiny(films)
    films.rename(tmp_path / "elsewhere")
    with pytest.raises(CXRError, match="no such folder"):
        fit(run)
    assert run.state().status == "failed"
    assert "no such folder" in run.state().message
    assert run in list_runs()


def test_a_loss_that_is_not_finite_ends_the_run_with_a_message(data: Path, monkeypatch) -> None:
    from cxr_core.training import callbacks

    keep = callbacks.KeepBest.on_epoch_end
    monkeypatch.setattr(
        callbacks.KeepBest, "on_epoch_end", lambda self, epoch, logs: keep(self, epoch, logs | {"loss": float("nan")})
    )
    run = tiny(data)
    with pytest.raises(WorkError, match="smaller learning rate"):
        fit(run)
    assert run.state().status == "failed"


def test_an_epoch_that_cannot_be_stored_ends_the_run_with_a_message_and_the_one_before_stays(
    data: Path, monkeypatch
) -> None:
    from cxr_core.training import checkpoint

    write = checkpoint._write_arrays

    def full(part: Path, arrays: dict[str, np.ndarray]) -> None:
        if "epoch-2" in part.name:
            raise OSError(28, "No space left on device")
        write(part, arrays)

    monkeypatch.setattr(checkpoint, "_write_arrays", full)
    run = tiny(data, epochs="4")
    with pytest.raises(WorkError, match=r"epoch 2 cannot be stored \(No space left on device\)"):
        fit(run)
    assert run.state().status == "failed"
    assert "No space left" in run.state().message
    assert run.history()["epoch"].tolist() == [1]


def test_epochs_that_end_while_one_is_being_stored_are_stored_with_the_newest(data: Path, monkeypatch) -> None:
    from cxr_core.training import callbacks

    third_has_ended, commits = threading.Event(), []
    commit, end = callbacks.commit, callbacks.KeepBest.on_epoch_end

    def slow(run, done, *more) -> None:
        assert third_has_ended.wait(60)
        commits.append([row["epoch"] for row in done.rows])
        commit(run, done, *more)

    def on_end(self, epoch, logs) -> None:
        end(self, epoch, logs)
        if epoch == 2:
            third_has_ended.set()

    monkeypatch.setattr(callbacks, "commit", slow)
    monkeypatch.setattr(callbacks.KeepBest, "on_epoch_end", on_end)
    run = tiny(data, epochs="3", patience="3")
    fit(run)
    assert commits == [[1], [2, 3]]
    assert run.history()["epoch"].tolist() == [1, 2, 3]
    assert run.state().best_epoch == run.history()["val_auc"].idxmax() + 1


def test_a_network_is_saved_with_the_weights_it_had_though_it_trains_meanwhile(tmp_path: Path) -> None:
    from cxr_core.backend import load_network
    from cxr_core.training.callbacks import _save
    from cxr_core.training.network import network

    trained = network(configure("sequential-4conv", TINY))
    had = [(variable, np.asarray(variable).copy()) for variable in trained.weights]
    for variable in trained.weights:
        variable.assign(variable + 1)
    _save(trained, had, tmp_path / "saved.keras")
    loaded = load_network(tmp_path / "saved.keras").weights
    for saved, now, (_, value) in zip(loaded, trained.weights, had, strict=True):
        np.testing.assert_array_equal(saved, value)
        np.testing.assert_array_equal(now, value + 1)


def test_a_batch_is_told_once_the_next_is_given_and_the_last_at_once() -> None:
    import keras

    from cxr_core.training.callbacks import OneBehind

    seen: list[str] = []
    begin, end = (lambda batch, logs, what=what: seen.append(f"{what} {batch}") for what in ("given", "told"))
    tells = keras.callbacks.LambdaCallback(on_train_batch_begin=begin, on_train_batch_end=end)
    callbacks = OneBehind([tells], steps=3)
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch in range(3):
            callbacks.on_train_batch_begin(batch)
            callbacks.on_train_batch_end(batch, {})
    assert seen == ["given 0", "given 1", "told 0", "given 2", "told 1", "told 2"] * 2


def test_a_published_experiment_is_measured_on_its_test_films(data: Path) -> None:
    recipe = configure("sequential-4conv", TINY | {"epochs": "1"})
    run = create_run(data, "sequential-4conv", recipe, experiment={"name": "sequential-4conv", "split": "image"})
    fit(run)
    metrics = json.loads((run.folder / "test.json").read_text())
    assert metrics["films"] == (pd.read_csv(run.folder / "split.csv")["split"] == "test").sum() > 0
    assert 0 <= metrics["accuracy"] <= 1
    assert metrics["loss"] > 0
