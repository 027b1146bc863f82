"""40 homes with damaged records, made from a real one: each kind of record, ten ways.

No page and no verb falls, a run that waits goes on, what is not damaged is still listed, and a sentence names the file.
"""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app import index_cache
from cxr_core.cli.main import main
from cxr_core.evaluation.label_review import contest
from cxr_core.evaluation.store import store_evaluation
from cxr_core.evaluation.test_log import record_test_evaluation
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.models.registry import find_model
from cxr_core.training.checkpoint import Commit
from cxr_core.training.run_device import hold_device_for
from cxr_core.training.runs import Run
from tests.conftest import REPOSITORY
from tests.support.damaged_files import WAYS
from tests.support.runs import NO_PROCESS
from tests.support.synthetic_evaluations import synthetic_evaluation

PAGES = ("diagnose", "dataset", "train", "evaluate", "models")
KINDS = {
    "models": ["models/broken/card.json", "models/broken/split.csv"],
    "runs": [
        f"runs/{name}"
        for name in (
            "broken-config/config.json",
            "broken-state/state.json",
            "broken-history/history.csv",
            "broken-history/name.txt",
            "broken-tables/split.csv",
            "broken-tables/validation.csv",
            "broken-tables/test.json",
            "broken-tables/log.txt",
            "broken-checkpoint/backup/epoch.json",
        )
    ],
    "evaluations": ["models/tiny/evaluations/broken.json", "models/tiny/evaluations/broken-scores.csv"],
    "others": [
        "contested.json",
        "places.json",
        "test_ledger.jsonl",
        "readings.sqlite",
        "reproduce.pid",
        "cpu.queue/other.json",
    ],
}


@pytest.fixture
def home(tiny_home: Path) -> Path:
    """A home with one sound record of each kind, and one of each to be damaged."""
    runs = tiny_home / "runs"
    sound = next(runs.iterdir())
    for name in ("broken-config", "broken-state", "broken-history", "broken-tables", "broken-checkpoint"):
        shutil.copytree(sound, runs / name)
    (runs / "broken-history" / "name.txt").write_text("my run")
    (runs / "broken-tables" / "test.json").write_text('{"accuracy": 0.9}')
    (runs / "broken-tables" / "log.txt").write_text("epoch 1 loss 0.5\n")
    (runs / "broken-checkpoint" / "backup").mkdir()
    done = Commit(1, {"epoch": 1, "loss": 0.5}, 1, 0.9, {"settings": {}, "split": None, "fingerprint": "x"})
    (runs / "broken-checkpoint" / "backup" / "epoch.json").write_text(json.dumps(done.to_dict()))
    Run(runs / "broken-checkpoint").update(status="stopped", pid=NO_PROCESS)
    shutil.copytree(tiny_home / "models" / "tiny", tiny_home / "models" / "broken")
    model = find_model("tiny")
    for split, name in (("test", "broken"), ("val", "broken-scores")):
        stored = store_evaluation(synthetic_evaluation(model, split), model, tiny_home)
        for file in (stored, stored.with_suffix(".csv")):
            file.rename(file.with_name(name + file.suffix))
    record_test_evaluation(synthetic_evaluation(model), model.card.sha256)
    contest("film PNEUMONIA", "film.jpeg", True, "Dr. A")
    ReadingLog().add(OwnReading("f", "normal", "normal", 0.1, "tiny", model.version, False))
    (tiny_home / "reproduce.pid").write_text('{"pid": 1, "pid_started": 1.0}')
    (tiny_home / "cpu.queue").mkdir(exist_ok=True)
    (tiny_home / "cpu.queue" / "other.json").write_text('{"since": 1.0, "pid": 4194305, "pid_started": 1.0}')
    return tiny_home


def shown_on(page: str, **state: object) -> str:
    """The page, which must not fail; its warnings and errors."""
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=120)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    if page != "diagnose":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, (page, state, [one.message for one in app.exception])
    return "\n".join(one.value.replace("\\", "") for one in (*app.warning, *app.error))


def all_pages(home: Path) -> str:
    """The warnings and errors of all pages, with their tabs and views."""
    index_cache._indexes.clear()
    texts = [shown_on(page) for page in PAGES]
    texts.append(shown_on("diagnose", keep=True))
    for view in ("Compare", "Runs"):
        texts.append(shown_on("train", train_view=view))
    for run in ("broken-history", "broken-tables", "broken-checkpoint"):
        texts.append(shown_on("train", run=run))
    for tab in ("Errors", "Ledger"):
        texts.append(shown_on("evaluate", evaluate_tab=tab))
    return "\n".join(texts)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_home(kind: str, way: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in KINDS[kind]:
        WAYS[way](home / name)
    said = all_pages(home)
    assert main(["models", "--json"]) == 0
    printed = capsys.readouterr()
    assert "tiny" in [one["folder"].rsplit("/", 1)[-1] for one in json.loads(printed.out)]
    said += printed.err
    assert main(["runs", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)
    said += printed.err
    assert main(["stop", json.loads(printed.out)[-1]["run"]]) == 0
    assert main(["resume", "broken-checkpoint"]) in (1, 2)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    said += printed.err
    waiting = Run(home / "runs" / "broken-checkpoint")
    with hold_device_for(waiting, waiting.config().parsed):
        pass
    for name in must_be_named(kind, way):
        assert f"{name}: " in said or f"{home / name}: " in said, (name, said)


def must_be_named(kind: str, way: str) -> list[str]:
    """The files whose damage the pages or verbs meet, and can tell."""
    named = {
        "models": ["models/broken/card.json"],
        "runs": ["runs/broken-config/config.json", "runs/broken-state/state.json"],
        "evaluations": ["models/tiny/evaluations/broken.json", "models/tiny/evaluations/broken-scores.csv"],
        "others": ["contested.json", "test_ledger.jsonl"],
    }[kind]
    if kind == "runs":
        named.append("runs/broken-checkpoint/backup/epoch.json")
    if kind == "runs" and way not in ("empty", "cut"):  # an empty history has no epoch yet; of a cut one, rows stay
        named.append("runs/broken-history/history.csv")
    if kind == "runs" and way not in ("an empty object",):
        named += ["runs/broken-tables/test.json"]
    if kind == "others":
        # an empty object or file is a sound list without marks, and a sound log without entries
        if way == "an empty object":
            named.remove("contested.json")
        if way == "empty":
            named.remove("test_ledger.jsonl")
        if way not in ("empty", "cut"):
            named.append("readings.sqlite")
    return named


def test_a_run_that_waits_goes_on_when_its_state_is_damaged(home: Path) -> None:
    run = Run(home / "runs" / "broken-state")
    for damage in WAYS.values():
        if (run.folder / "state.json").is_dir():
            break
        damage(run.folder / "state.json")
        if (run.folder / "state.json").is_dir():
            continue
        run.report(status="queued", message="Waiting.")
        assert (run.state().status, run.state().message) == ("queued", "Waiting.")
        run.update(status="running", epoch=1)
        assert run.state().epochs == 6
