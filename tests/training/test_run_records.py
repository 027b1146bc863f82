"""A run's configuration and state: checked when they are read; a damaged run is passed over."""

import json
from pathlib import Path
from typing import Any

import pytest

from cxr_core.cli.main import main
from cxr_core.errors import DamagedRecord
from cxr_core.training.run_records import RunConfig, RunState
from cxr_core.training.runs import Run, damaged_runs, list_runs
from tests.support.damaged_files import WAYS
from tests.support.runs import new_run


def test_what_a_run_stores_is_read_again() -> None:
    run = new_run(epochs="3")
    config, state = run.config(), run.state()
    assert (config.recipe, config.parsed.epochs, config.experiment, config.split) == ("residual-128", 3, None, None)
    assert (state.status, state.epoch, state.epochs, state.best_epoch) == ("starting", 0, 3, None)
    run.update(best_epoch=2, loss=float("nan"), later="kept")
    assert (run.state().best_epoch, run.state().loss, run.state().to_dict()["later"]) == (2, None, "kept")


def test_a_run_of_several_data_sets() -> None:
    values = new_run().config().content | {"data": ["/one", "/two"]}
    assert RunConfig.from_dict(values).data == ["/one", "/two"]
    with pytest.raises(ValueError, match="an entry of data is 7, not a text"):
        RunConfig.from_dict(values | {"data": ["/one", 7]})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"settings": {"colour": 1}}, "settings colour: not those of this version's recipes"),
        ({"settings": {"epochs": "many"}}, "have a value of another kind"),
        ({"settings": {"epochs": -1}}, "epochs=-1"),
        ({"experiment": {"name": "a"}}, "experiment.split is missing"),
        ({"recipe": None}, "recipe is missing"),
    ],
)
def test_a_configuration_that_is_not_one_says_why(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RunConfig.from_dict(new_run().config().content | change)


def test_a_status_must_be_known() -> None:
    with pytest.raises(ValueError, match='status is "asleep", not one of starting'):
        RunState.from_dict(new_run().state().content | {"status": "asleep"})


@pytest.mark.parametrize("file", ["config.json", "state.json"])
@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_run_is_passed_over_by_name(way: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    sound, broken = new_run(), new_run()
    WAYS[way](broken.folder / file)
    assert list_runs() == [sound]
    [message] = damaged_runs()
    assert message.startswith(f"{broken.folder / file}: is not a run's ")
    assert main(["runs", "--json"]) == 0
    printed = capsys.readouterr()
    assert [row["run"] for row in json.loads(printed.out)] == [sound.id]
    assert printed.err == f"{message}\n"


def test_a_waiting_run_starts_a_damaged_state_anew() -> None:
    run = new_run(epochs="4")
    for way in list(WAYS)[:-1]:
        WAYS[way](run.folder / "state.json")
        run.report(status="queued", message="Waiting.")
        assert (run.state().status, run.state().epochs, run.live) == ("queued", 4, True)


def test_a_damaged_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    from cxr_core.training.checkpoint import last_commit

    run = Run(tmp_path)
    (tmp_path / "backup").mkdir()
    for content in ("{}", "[1]", '{"epoch": "x"}'):
        (tmp_path / "backup" / "epoch.json").write_text(content)
        with pytest.raises(DamagedRecord, match=r"epoch\.json: is not a run's checkpoint"):
            last_commit(run)


def test_a_run_that_waits_goes_on_when_its_state_is_damaged() -> None:
    run = new_run(epochs="6")
    for way, damage in WAYS.items():
        if way != "a folder in its place":
            damage(run.folder / "state.json")
            run.report(status="queued", message="Waiting.")
            assert (run.state().status, run.state().message) == ("queued", "Waiting.")
            run.update(status="running", epoch=1)
            assert run.state().epochs == 6
