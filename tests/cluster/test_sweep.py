"""Which settings of a sweep are tried, and which are fitted further."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.cluster.fits import Wanted, epochs_done, open_fit
from cxr_core.cluster.sweep import fit_sweep, plan_sweep, rungs_of
from cxr_core.cluster.sweep_record import Sweep, list_sweeps, sweeps_folder
from cxr_core.cluster.sweep_table import best_together, ensemble_auc, score_at, sweep_table
from cxr_core.datasets.index import Index, build_index
from cxr_core.errors import DamagedRecord, InputError, SettingsError
from cxr_core.paths import runs_folder
from cxr_core.training.recipe_settings import Recipe
from cxr_core.training.recipes import configure
from cxr_core.training.runs import Run, list_runs
from tests.support.command_line import run_verb
from tests.support.damaged_files import WAYS
from tests.support.runs import NO_PROCESS, ended_run
from tests.support.sweeps import write_history, write_validation
from tests.support.synthetic_chests import write_data_set

TRIED = {"learning_rate": ["0.1", "0.2", "0.3", "0.4"]}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return build_index(write_data_set(tmp_path_factory.mktemp("sweep") / "chest_xray", patients=20, films_each=1))


def planned(
    index: Index, tried: Mapping[str, list[str]] = TRIED, seeds: int = 2, epochs: int = 9, split: Path | None = None
) -> Sweep:
    return plan_sweep(index, "residual-128", {"epochs": str(epochs)}, tried, seeds, split)


class Pretends:
    """Fits that only write histories: of each run an AUC that its learning rate gives."""

    def __init__(self, auc: Callable[[Run], float], failing: str = "none") -> None:
        self._auc, self._failing = auc, failing
        self.asked: list[tuple[str, int]] = []

    def fit_all(self, wanted: Wanted, report: Callable[[str], None]) -> None:
        for run, until in wanted:
            self.asked.append((run.id, until))
            if open_fit(run, until):
                write_history(run, until, self._auc(run))
                ends = "finished" if until == run.config().parsed.epochs else "stopped"
                run.update(status="failed" if self._failing in run.name else ends, pid=NO_PROCESS)


def learning_rate(run: Run) -> float:
    return run.config().parsed.learning_rate


def test_the_best_third_is_fitted_further_at_each_rung(index: Index) -> None:
    sweep, fits = planned(index), Pretends(learning_rate)
    assert sweep.rungs == (1, 3, 9)
    said: list[str] = []
    fit_sweep(sweep, fits, said.append)
    assert [sum(until == rung for _, until in fits.asked) for rung in sweep.rungs] == [8, 4, 2]
    assert said == ["Epoch 1: 2 of 4 settings are fitted further.", "Epoch 3: 1 of 2 settings are fitted further."]
    table = sweep_table(sweep)
    assert table["learning_rate"].tolist() == ["0.4", "0.3", "0.2", "0.1"]
    assert table["epochs"].tolist() == [9, 3, 1, 1]
    assert table["worst_source_auc"].tolist() == pytest.approx([0.4, 0.3, 0.2, 0.1])
    assert table["status"].tolist() == ["finished", "stopped", "stopped", "stopped"]
    worst = Run(runs_folder() / table["run"].iloc[-1])
    assert worst.state().message == "Stopped after epoch 1: other settings of its sweep were better."


def test_the_same_command_finds_the_same_runs_and_decides_alike(index: Index) -> None:
    first = planned(index)
    fit_sweep(first, Pretends(learning_rate), lambda _: None)
    table = sweep_table(first)
    again = planned(index)
    assert (again.id, again.runs) == (first.id, first.runs)
    assert len(list_runs()) == 8
    fit_sweep(again, Pretends(lambda _: 0.99), lambda _: None)  # those that stopped are asked for what they have
    pd.testing.assert_frame_equal(sweep_table(again), table)
    assert planned(index, seeds=1).id != first.id


def test_a_failed_trial_counts_as_the_worst(index: Index) -> None:
    sweep = planned(index, {"learning_rate": ["0.1", "0.9"]}, seeds=1, epochs=3)
    fit_sweep(sweep, Pretends(learning_rate, failing="0.9"), lambda _: None)
    assert sweep_table(sweep)["status"].tolist() == ["finished", "failed"]


def test_runs_have_their_settings_seeds_tag_and_one_split(index: Index) -> None:
    sweep = plan_sweep(index, "residual-128", {"seed": "5"}, {"size": ["32", "64"], "zoom": ["0", "0.1"]}, seeds=2)
    runs = [Run(runs_folder() / run) for ids in sweep.runs for run in ids]
    recipes = [run.config().parsed for run in runs]
    assert [(one.size, one.zoom, one.seed) for one in recipes[2:6]] == [
        (32, 0.1, 5),
        (32, 0.1, 6),
        (64, 0.0, 5),
        (64, 0.0, 6),
    ]
    assert {run.config().split for run in runs} == {str(sweeps_folder() / sweep.id / "split.csv")}
    assert {run.notes().tags for run in runs} == {(sweep.id,)}
    assert runs[3].name == "size=32 zoom=0.1 seed 6"


def test_a_sweep_of_seeds_alone_is_one_setting(index: Index) -> None:
    sweep = planned(index, {}, seeds=3)
    assert (sweep.settings, len(sweep.runs[0])) == (({},), 3)


@pytest.mark.parametrize(
    ("tried", "seeds", "message"),
    [
        ({"epochs": ["1", "2"]}, 1, r"--try epochs: is the same for all settings; `--set epochs=N` is accepted"),
        ({"seed": ["1", "2"]}, 1, r"--try seed: .*`--seeds N` is accepted"),
        ({"size": ["32"]}, 0, r"--seeds 0: 1 or more is accepted"),
        ({"size": ["32"]}, 1001, r"1,001 trials: up to 1,000 are accepted"),
        ({"size": ["32", "032"]}, 1, r"--try: gives the same settings twice"),
        ({"size": ["8"]}, 1, r"size=8: a number from 16 to 1024 is accepted"),
        ({"sise": ["8"]}, 1, r"sise"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_anything_is_written(
    index: Index, tried: dict[str, list[str]], seeds: int, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        planned(index, tried, seeds)
    assert not list_runs()
    assert not sweeps_folder().exists()


@pytest.mark.parametrize(
    ("settings", "rungs"),
    [
        ({"epochs": 27}, [3, 9, 27]),
        ({"epochs": 10}, [2, 4, 10]),
        ({"epochs": 2}, [1, 2]),
        ({"epochs": 1}, [1]),
        ({"epochs": 27, "frozen_epochs": 3}, [9, 27]),
        ({"epochs": 6, "small_epochs": 4, "small_size": 64}, [6]),
    ],
)
def test_settings_are_compared_at_a_ninth_and_a_third(settings: dict[str, int], rungs: list[int]) -> None:
    assert rungs_of(Recipe(**settings)) == rungs  # type: ignore[arg-type]


def test_the_score_is_that_of_the_worst_source_at_the_best_epoch() -> None:
    run = ended_run()
    assert score_at(run, 3) == 0.0
    rows = {"epoch": [1, 2, 3], "loss": 0.5, "val_auc": [0.6, 0.8, 0.9], "val_auc_a": [0.5, 0.7, 0.95]}
    pd.DataFrame(rows | {"val_auc_b": [0.7, 0.9, 0.85]}).to_csv(run.folder / "history.csv", index=False)
    assert [score_at(run, epoch) for epoch in (1, 2, 3, 9)] == [0.5, 0.7, 0.85, 0.85]
    assert epochs_done(run) == 3


def test_an_ensemble_is_the_mean_probability_on_the_worst_source() -> None:
    one, other, third = ended_run(), ended_run(), ended_run()
    write_validation(one, [-3.0, 3.0, 1.0, -1.0])
    write_validation(other, [2.0, -1.0, -4.0, 4.0])
    assert ensemble_auc([one]) == 0.0  # source b
    assert ensemble_auc([one, other]) == 1.0  # a: .46 and .61, b: .37 and .63
    assert pd.isna(ensemble_auc([one, third]))  # the third has scored none
    write_validation(third, [-3.0, 3.0, 1.0], labels="NPN", sources="aab")
    assert pd.isna(ensemble_auc([one, third]))  # other films
    write_validation(one, [1.0, 2.0], labels="NO", sources="aa")
    assert pd.isna(ensemble_auc([one]))
    assert pd.isna(ensemble_auc([]))


def test_the_best_runs_together_are_those_of_all_settings(index: Index) -> None:
    sweep = planned(index, {"learning_rate": ["0.1", "0.9"]}, seeds=1, epochs=3)
    assert best_together(sweep, 5).empty
    fit_sweep(sweep, Pretends(learning_rate), lambda _: None)
    for ids, logits in zip(sweep.runs, ([-1.0, 1.0, 3.0, -3.0], [-3.0, 3.0, -1.0, 1.0]), strict=True):
        write_validation(Run(runs_folder() / ids[0]), logits)
    table = best_together(sweep, 5)
    assert table["runs"].tolist() == [1, 2]
    assert table["ensemble_auc"].tolist() == [1.0, 0.0]
    assert best_together(sweep, 1)["runs"].tolist() == [1]


def test_deleted_and_damaged_runs_are_left_out_of_the_table(index: Index) -> None:
    sweep = planned(index, {"size": ["32", "64"]}, seeds=1)
    (runs_folder() / sweep.runs[0][0] / "state.json").unlink()
    assert sweep_table(sweep)["size"].tolist() == ["64"]
    (runs_folder() / sweep.runs[1][0] / "config.json").write_text("{}")
    assert sweep_table(sweep).empty
    assert list(sweep_table(sweep)) == [
        *("size", "epochs", "worst_source_auc", "val_auc", "spread", "ensemble_auc", "run", "status")
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_sweep_is_named_and_passed_over(index: Index, way: str) -> None:
    sound = planned(index, {"size": ["32"]}, seeds=1)
    damaged = planned(index, {"size": ["64"]}, seeds=1)
    file = sweeps_folder() / damaged.id / "sweep.json"
    WAYS[way](file)
    sweeps, messages = list_sweeps()
    assert [one.id for one in sweeps] == [sound.id]
    assert len(messages) == 1
    assert damaged.id in messages[0]
    with pytest.raises(DamagedRecord):
        Sweep.read(file)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rungs": []}, "rungs is empty"),
        ({"trials": [{"settings": {"size": "64"}, "runs": ["a"]}]}, "trials has a value that is not among those tried"),
        ({"trials": [{"settings": {}, "runs": ["a"]}]}, "settings.size is missing"),
    ],
)
def test_a_sweep_that_contradicts_itself_is_damaged(changed: dict[str, object], message: str) -> None:
    trials = [{"settings": {"size": "32"}, "runs": ["a"]}]
    sound = {"id": "a", "recipe": "b", "tried": {"size": ["32"]}, "trials": trials, "rungs": [1]}
    assert Sweep.from_dict(sound).settings == ({"size": "32"},)
    with pytest.raises(ValueError, match=message):
        Sweep.from_dict(sound | changed)


def test_a_run_is_open_until_its_epoch_and_at_its_last_until_it_has_finished() -> None:
    run = ended_run(epochs="3")
    write_history(run, 2, 0.5)
    assert [open_fit(run, until) for until in (1, 2, 3)] == [False, False, True]
    write_history(run, 3, 0.5)
    assert open_fit(run, 3)  # its process was killed before it scored the films
    run.update(status="finished")
    assert not open_fit(run, 3)


@pytest.mark.parametrize("given", ["size", "size=", "size=1,,2"])
def test_the_verb_names_what_it_cannot_try(given: str, tmp_path: Path, cxr_home: Path) -> None:
    done = run_verb("sweep", tmp_path, "--try", given, home=cxr_home)
    assert done.returncode == 2
    assert done.stderr.strip() == f"--try {given}: KEY=VALUE,VALUE is accepted, for example --try size=160,224."


def test_values_that_hold_commas_and_several_tries_of_one_setting() -> None:
    from cxr_core.cli.cluster import tried_values

    assert tried_values(["widths=8,16;16,32", "size=32", "size=64, 96"]) == {
        "widths": ["8,16", "16,32"],
        "size": ["32", "64", "96"],
    }
    with pytest.raises(InputError):
        tried_values(["size"])
    assert configure("residual-128", {"widths": "8,16"}).widths == (8, 16)
