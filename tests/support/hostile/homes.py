"""50 homes with damaged records, made from a real one: each kind of record, ten ways. Opens them, tells how it went.

No page and no verb may fall, a run that waits must go on, what is not damaged must still be listed, and a sentence must
name the damaged file.
"""

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from streamlit.testing.v1 import AppTest

from cxr_core.access import Account
from cxr_core.app import index_cache, navigation
from cxr_core.audit import record
from cxr_core.cli.main import main
from cxr_core.cluster.sweep_record import Sweep
from cxr_core.datasets.curation import change_films
from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import remember_data_set
from cxr_core.datasets.saved_views import save_view
from cxr_core.evaluation.label_review import contest
from cxr_core.evaluation.store import store_evaluation
from cxr_core.evaluation.test_log import record_test_evaluation
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.models.registry import find_model
from cxr_core.models.signing import trust
from cxr_core.models.site_profile import store_profile
from cxr_core.training.checkpoint import Commit
from cxr_core.training.run_actions import describe
from cxr_core.training.run_device import hold_device_for
from cxr_core.training.runs import BATCHES, Run
from tests.conftest import REPOSITORY
from tests.jobs.test_job import add_job
from tests.models.test_site_profile import profile
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
            "broken-tables/batches.csv",
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
    "data sets and jobs": [
        "jobs/broken/job.json",
        "curation/*.json",
        "views/*.json",
        "recent_data_sets.json",
        "sites/broken.json",
        "trusted_keys.json",
        "sweeps/broken/sweep.json",
        "runs/broken-notes/notes.json",
        "audit.jsonl",
    ],
}


def damaged_homes(trained: Path, folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Copies of a home with a run and the model `tiny`, as CXR_HOME: what is damaged in it, in which way, the home."""
    for kind, files in KINDS.items():
        for way, damage in WAYS.items():
            home = folder / f"{kind}-{way}".replace(" ", "-")
            shutil.copytree(trained, home)
            os.environ["CXR_HOME"] = str(home)
            add_records(home)
            for file in _matching(home, files):
                damage(file)
            yield kind, way, home
            shutil.rmtree(home)


def add_records(home: Path) -> None:
    """Add one record of each kind, to be damaged, to the sound ones of a home, which is CXR_HOME."""
    runs = home / "runs"
    sound = next(runs.iterdir())
    for name in ("config", "state", "history", "tables", "checkpoint", "notes"):
        shutil.copytree(sound, runs / f"broken-{name}")
    (runs / "broken-history" / "name.txt").write_text("my run")
    (runs / "broken-tables" / "test.json").write_text('{"accuracy": 0.9}')
    (runs / "broken-tables" / "log.txt").write_text("epoch 1 loss 0.5\n")
    (runs / "broken-tables" / "batches.csv").write_text(f"{','.join(BATCHES)}\n1,1,4,0.7,0.5,0.5\n")
    (runs / "broken-checkpoint" / "backup").mkdir()
    done = Commit(1, {"epoch": 1, "loss": 0.5}, 1, 0.9, {"settings": {}, "split": None, "fingerprint": "x"})
    (runs / "broken-checkpoint" / "backup" / "epoch.json").write_text(json.dumps(done.to_dict()))
    Run(runs / "broken-checkpoint").update(status="stopped", pid=NO_PROCESS)
    shutil.copytree(home / "models" / "tiny", home / "models" / "broken")
    model = find_model("tiny")
    for split, name in (("test", "broken"), ("val", "broken-scores")):
        stored = store_evaluation(synthetic_evaluation(model, split), model, home)
        for file in (stored, stored.with_suffix(".csv")):
            file.rename(file.with_name(name + file.suffix))
    record_test_evaluation(synthetic_evaluation(model), model.card.sha256)
    contest("film PNEUMONIA", "film.jpeg", True, "Dr. A")
    ReadingLog().add(OwnReading("f", "normal", "normal", 0.1, "tiny", model.version, False))
    (home / "reproduce.pid").write_text('{"pid": 1, "pid_started": 1.0}')
    index = build_index(home / "made" / "chest_xray")
    change_films(index, "tag", ["f" * 64], "a tag")
    save_view(index, "a view", {})
    remember_data_set(str(index.source), index)
    describe(Run(runs / "broken-notes"), ["a tag"], "a note")
    trust("a key")
    record(Account("a"), "reading", number=1)
    store_profile(profile(name="broken", version=model.version))
    add_job("broken", status="finished")
    sweep = {
        "id": "broken",
        "recipe": "released",
        "tried": {},
        "trials": [{"settings": {}, "runs": ["a"]}],
        "rungs": [1],
    }
    (home / "sweeps" / "broken").mkdir(parents=True)
    Sweep.from_dict(sweep).write(home / "sweeps" / "broken" / "sweep.json")
    (home / "cpu.queue").mkdir(exist_ok=True)
    (home / "cpu.queue" / "other.json").write_text('{"since": 1.0, "pid": 4194305, "pid_started": 1.0}')


def outcome_of_home(kind: str, way: str, home: Path) -> str:
    """Open every page and run the verbs; "named" if the damage is named, else what is not. AssertionError for more."""
    said = _all_pages(home)
    status, printed = _verb("models", "--json")
    assert status == 0, printed
    assert "tiny" in [one["folder"].rsplit("/", 1)[-1] for one in json.loads(printed[0])]
    said += printed[1]
    status, printed = _verb("runs", "--json")
    assert status == 0, printed
    runs = json.loads(printed[0])
    assert runs
    said += printed[1]
    assert _verb("stop", runs[-1]["run"])[0] == 0
    status, printed = _verb("resume", "broken-checkpoint")
    assert status in (1, 2), printed
    assert "Traceback" not in printed[1], printed[1]
    said += printed[1]
    waiting = Run(home / "runs" / "broken-checkpoint")
    with hold_device_for(waiting, waiting.config().parsed):
        pass
    assert "Traceback" not in _verb("audit")[1][1]
    for file in _matching(home, must_be_named(kind, way)):
        name = file.relative_to(home)
        if f"{name}: " not in said and f"{file}: " not in said:
            return f"{name} is not named"
    return "named"


def _matching(home: Path, names: list[str]) -> list[Path]:
    return [file for name in names for file in sorted(home.glob(name))]


def must_be_named(kind: str, way: str) -> list[str]:
    """The files whose damage the pages or verbs meet, and can tell."""
    named = {
        "models": ["models/broken/card.json"],
        "runs": ["runs/broken-config/config.json", "runs/broken-state/state.json"],
        "evaluations": ["models/tiny/evaluations/broken.json", "models/tiny/evaluations/broken-scores.csv"],
        "others": ["contested.json", "test_ledger.jsonl"],
        "data sets and jobs": ["jobs/broken/job.json", "views/*.json", "sites/broken.json", "sweeps/broken/sweep.json"],
    }[kind]
    if kind == "runs":
        named.append("runs/broken-checkpoint/backup/epoch.json")
    if kind == "runs" and way not in ("empty", "cut"):  # an empty history has no epoch yet; of a cut one, rows stay
        named.append("runs/broken-history/history.csv")
    if kind == "runs" and way != "cut":  # of a cut one, rows stay
        named.append("runs/broken-tables/batches.csv")
    if kind == "runs" and way not in ("an empty object",):
        named += ["runs/broken-tables/test.json"]
    if kind == "data sets and jobs" and way != "an empty object":
        named += ["recent_data_sets.json", "curation/*.json"]
    if kind == "others":
        # an empty object or file is a sound list without marks, and a sound log without entries
        if way == "an empty object":
            named.remove("contested.json")
        if way == "empty":
            named.remove("test_ledger.jsonl")
        if way not in ("empty", "cut"):
            named.append("readings.sqlite")
    return named


def _all_pages(home: Path) -> str:
    """The warnings and errors of all pages, with their tabs and views."""
    index_cache._indexes.clear()
    texts = [_shown_on(page) for page in PAGES]
    texts.append(_shown_on("diagnose", keep=True))
    for view in ("Compare", "Runs"):
        texts.append(_shown_on("train", train_view=view))
    for run in ("broken-history", "broken-tables", "broken-checkpoint"):
        texts.append(_shown_on("train", run=run))
    for tab in ("Films", "Overview", "Split"):
        texts.append(_shown_on("dataset", data_folder=str(home / "made" / "chest_xray"), dataset_tab=tab))
    for tab in ("Errors", "Ledger"):
        texts.append(_shown_on("evaluate", evaluate_tab=tab))
    return "\n".join(texts)


def _shown_on(page: str, **state: object) -> str:
    """The warnings and errors of a page, which must not fail, nor show the number of an error nobody expected."""
    navigation.log_surprise = _raise  # type: ignore[assignment]
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=120)
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    if page != "diagnose":
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, (page, state, [one.message for one in app.exception])
    return "\n".join(one.value.replace("\\", "") for one in (*app.warning, *app.error))


def _raise(_: object, error: BaseException) -> str:
    raise error


def _verb(*arguments: str) -> tuple[int, tuple[str, str]]:
    """Run a verb; its exit status, and what it printed on standard output and on standard error."""
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
        status = main(list(arguments))
    return status, (output.getvalue(), errors.getvalue())
