"""The Train page by AppTest."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.train import new_run, watch
from cxr_core.app.train.duration import duration_text
from cxr_core.app.train.learning_curves import compared_curves, learning_curves
from cxr_core.errors import WorkError
from cxr_core.jobs.process import ProcessId
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import RECIPES
from cxr_core.training.run_actions import describe, stop
from cxr_core.training.run_records import RunState
from cxr_core.training.runs import Run, create_run, list_runs
from tests.conftest import REPOSITORY
from tests.support.synthetic_chests import write_data_set

SECONDS = 60


def train_page() -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=SECONDS)
    return app.switch_page("pages/train.py")


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def broken(tmp_path: Path) -> Run:
    """A run of three epochs whose process ended unexpectedly."""
    run = create_run(tmp_path, "residual-128", Recipe(epochs=5))
    rows = "\n".join(f"{n},{1 / n},0.8,0.9,{1 / n},0.7,0.{n}5,0.001,2.0" for n in (1, 2, 3))
    columns = "epoch,loss,accuracy,auc,val_loss,val_accuracy,val_auc,learning_rate,seconds"
    (run.folder / "history.csv").write_text(f"{columns}\n{rows}\n")
    (run.folder / "log.txt").write_text("the last words\n")
    run.update(status="running", pid=2**22 + 1, epoch=4, best_epoch=3, best_val_auc=0.35, message="Training.")
    return run


def test_without_runs_the_form_comes_first() -> None:
    app = train_page().run()
    assert not app.exception
    assert app.title[0].value == "Train"
    assert [one.value for one in app.info] == ["Open a data set, or use the demo set, to train on."]


def test_a_run_is_started_with_the_settings_of_the_form(tmp_path: Path, monkeypatch) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=4)
    launches = []

    def launch(*arguments):
        launches.append(arguments)
        run = create_run(*arguments)
        stop(run)
        return run

    monkeypatch.setattr(new_run, "launch", launch)
    app = train_page()
    app.session_state["data_folder"] = str(data)
    app.run()
    assert next(one for one in app.selectbox if one.label == "Recipe").options == list(RECIPES)
    next(one for one in app.selectbox if one.label == "Recipe").select("residual-128").run()
    next(one for one in app.number_input if one.label == "Epochs").set_value(7)
    next(one for one in app.text_input if one.label == "Channels").set_value("8, 16")
    button(app, "Start").click().run()
    assert not app.exception
    folder, name, recipe, split = launches[0]
    assert (folder, name, split) == (data, "residual-128", None)
    assert (recipe.epochs, recipe.widths, recipe.batch) == (7, (8, 16), 32)
    assert [one.label for one in app.metric][:3] == ["Loss", "Accuracy", "AUC"]


def test_an_invalid_setting_is_a_message_on_the_page(tmp_path: Path) -> None:
    app = train_page()
    app.session_state["data_folder"] = str(write_data_set(tmp_path / "chest_xray", patients=4))
    app.run()
    next(one for one in app.text_input if one.label == "Channels").set_value("many")
    button(app, "Start").click().run()
    assert "widths=many: whole numbers" in app.error[0].value
    assert not list_runs()


def test_a_dead_run_shows_its_log_and_can_be_resumed(broken: Run, monkeypatch) -> None:
    resumed: list[Run] = []
    monkeypatch.setattr(watch, "resume", resumed.append)
    app = train_page().run()
    assert not app.exception
    assert "ended unexpectedly" in app.error[0].value
    assert "the last words" in app.code[0].value
    assert {one.label: one.value for one in app.metric}["Best validation AUC, epoch 3"] == "0.350"
    button(app, "Resume").click().run()
    assert resumed == [broken]


def test_a_click_counts_even_if_an_epoch_ends_meanwhile(broken: Run, monkeypatch) -> None:
    resumed: list[Run] = []
    monkeypatch.setattr(watch, "resume", resumed.append)
    app = train_page().run()
    two, three = broken.history()[:2], broken.history()
    histories = iter([two])
    monkeypatch.setattr(Run, "history", lambda run: next(histories, three))
    button(app, "Resume").click().run()
    assert resumed == [broken]


def test_an_action_that_fails_is_a_message(broken: Run, monkeypatch) -> None:
    def refuse(run: Run) -> None:
        raise WorkError("The disk is full.")

    monkeypatch.setattr(watch, "resume", refuse)
    app = train_page().run()
    button(app, "Resume").click().run()
    assert "The disk is full." in [one.value for one in app.error]


def test_a_run_is_renamed_compared_and_deleted(broken: Run, tmp_path: Path) -> None:
    other = create_run(tmp_path, "residual-128", Recipe(epochs=9))
    other.update(status="stopped", pid=2**22 + 1)
    app = train_page()
    app.session_state["run"] = broken.id
    app.run()
    next(one for one in app.text_input if one.label == "Name").set_value("the broken one")
    button(app, "Rename").click().run()
    assert broken.name == "the broken one"
    app.session_state["train_view"] = "Compare"
    app.run()
    assert not app.exception
    best, differing = (one.value for one in app.dataframe)
    assert set(best["Run"]) == {"the broken one", other.id}
    assert "Epochs" in set(differing["Setting"])
    app.session_state["train_view"] = "Runs"
    app.run()
    button(app, "Delete this run").click().run()
    assert len(list_runs()) == 1


def test_a_new_run_begins_with_the_settings_of_another_and_the_form_remembers_them(
    broken: Run, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(new_run, "launch", create_run)
    app = train_page()
    app.session_state["data_folder"] = str(write_data_set(tmp_path / "chest_xray", patients=4))
    app.session_state["run"] = broken.id
    app.run()
    button(app, "New run like this").click().run()
    epochs = next(one for one in app.number_input if one.label == "Epochs")
    assert (app.session_state["new_run_recipe"], epochs.value) == ("residual-128", 5)
    epochs.set_value(6)
    button(app, "Start").click().run()
    app.session_state["train_view"] = "New run"
    app.run()
    assert next(one for one in app.number_input if one.label == "Epochs").value == 6
    assert not [*app.exception, *app.warning]


def test_compared_curves_are_smoothed_and_one_epoch_is_a_point() -> None:
    columns = ["loss", "accuracy", "auc", "val_loss", "val_accuracy", "val_auc"]
    several = pd.DataFrame({"epoch": [1, 2, 3]} | {name: [0.9, 0.5, 0.1] for name in columns})
    _, chart, alt = next(compared_curves({"a": several, "b": several[:1]}, {}, smoothing=2, log_loss=True))
    assert list(chart.data[0].y) == pytest.approx([0.9, 0.7, 0.3])
    assert [one.mode for one in chart.data] == ["lines", "lines", "markers", "markers"]
    assert chart.layout.yaxis.type == "log"
    assert "a 0.100" in alt


def test_curves_begin_with_the_first_batch() -> None:
    nothing = pd.DataFrame()
    batches = pd.DataFrame({"epoch": [0.1, 0.2], "loss": [0.7, 0.6], "accuracy": [0.5, 0.6], "auc": [0.5, 0.7]})
    _, chart, alt = next(learning_curves(nothing, batches, None))
    assert list(chart.data[0].x) == [0.1, 0.2]
    assert "last 0.600" in alt
    _, chart, alt = next(compared_curves({"a": nothing}, {"a": batches}))
    assert list(chart.data[0].y) == [0.7, 0.6]
    assert alt.endswith("none yet")
    many = pd.concat([batches] * 2000, ignore_index=True)
    _, chart, _ = next(learning_curves(nothing, many, None))
    assert len(chart.data[0].x) == 1500


def test_a_run_without_an_epoch_shows_its_batches_its_settings_and_its_notes(broken: Run) -> None:
    (broken.folder / "history.csv").unlink()
    app = train_page().run()
    assert "Curves appear with the first batch." in [one.value for one in app.caption]
    (broken.folder / "batches.csv").write_text("epoch,step,steps,loss,accuracy,auc\n1,1,4,0.7,0.5,0.5\n")
    broken.update(val_pneumonia=0.75)
    describe(broken, ["seed study"], "Why *this* seed?")
    app.run()
    assert not app.exception
    assert "Curves appear with the first batch." not in [one.value for one in app.caption]
    changed = app.dataframe[0].value.set_index("Setting")
    assert changed.loc["Epochs", ["This run", "Recipe"]].tolist() == ["5", "24"]
    assert any("seed study" in one.value for one in app.markdown)
    assert "Why \\*this\\* seed?" in [one.value for one in app.markdown]


def test_no_better_than_always_saying_pneumonia_is_said(broken: Run) -> None:
    broken.update(val_pneumonia=0.75)
    app = train_page().run()
    assert any("No better than always saying pneumonia" in one.value for one in app.warning)


def test_published_experiments_are_shown_before_a_data_set_is_open(broken: Run) -> None:
    app = train_page()
    app.session_state["train_view"] = "Published"
    app.run()
    assert not app.exception
    table = app.dataframe[0].value.set_index("Experiment")
    assert table.loc["yagci-adam", ["Published", "Ours, official test"]].tolist() == [0.9545, 0.8221]


def test_a_view_has_an_address(broken: Run) -> None:
    app = train_page()
    app.query_params["view"] = "Compare"
    app.run()
    assert app.session_state["train_view"] == "Compare"
    app = train_page()
    app.query_params["run"] = broken.id
    app.run()
    assert app.session_state["train_view"] == "Runs"
    assert app.query_params["view"] in (["Runs"], "Runs")


def test_progress_and_time_left(broken: Run) -> None:
    broken.update(status="running", epoch=4, epochs=5, step=5, steps=10, films_per_second=1.0)
    state = RunState.read(broken.folder / "state.json")
    assert watch.progress(state) == pytest.approx(0.7)
    assert watch.progress(replace(state, validating=True)) == pytest.approx(0.8)
    assert watch.progress(replace(state, status="finished")) == 1
    assert watch.time_left(broken, state) == pytest.approx(2.0 * 5 * 0.3)
    (broken.folder / "history.csv").unlink()
    assert watch.time_left(broken, state) == pytest.approx(10 * 32 * 5 * 0.3)
    assert watch.time_left(broken, replace(state, status="dead")) is None


@pytest.mark.parametrize(("seconds", "words"), [(40.4, "40 s"), (700, "12 min"), (12600, "3.5 h")])
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words


def test_a_network_that_is_being_compiled_is_shown_as_such(broken: Run) -> None:
    broken.update(compiling=True, steps=10, message="Compiling the network.", **ProcessId.current().to_dict())
    state = broken.state()
    assert state.status == "running"
    assert watch._progress_text(broken, state).startswith("Epoch 4 of 5, compiling")
    broken.update(compiling=False)
    assert "batch 0 of 10" in watch._progress_text(broken, broken.state())
