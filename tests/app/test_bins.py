"""The bins of the pages Train, Evaluate and Models by AppTest: who sees what, and brings it back."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.access import Account
from cxr_core.bin import set_owner
from cxr_core.evaluation.owners import delete, own
from cxr_core.evaluation.store import store_evaluation, stored_evaluations
from cxr_core.models.manage import retire
from cxr_core.models.registry import find_model, list_models
from cxr_core.training.run_actions import retire as retire_run
from cxr_core.training.runs import list_runs
from tests.conftest import REPOSITORY
from tests.support.synthetic_evaluations import synthetic_evaluation

OWNER, OTHER = Account("a1", "researcher"), Account("b2", "researcher")


@pytest.fixture
def deleted(tiny_home: Path) -> Path:
    """A run, an evaluation and a model that OWNER has deleted."""
    model, (run,) = find_model("tiny"), list_runs()
    set_owner(run.folder, OWNER.id)
    set_owner(model.folder, OWNER.id)
    evaluation = synthetic_evaluation(find_model(), "val")
    store_evaluation(evaluation, find_model())
    own(evaluation, find_model(), OWNER)
    delete(evaluation, find_model(), OWNER)
    retire_run(run)
    retire(model)
    return tiny_home


def page(monkeypatch: pytest.MonkeyPatch, name: str, who: Account) -> AppTest:
    monkeypatch.setattr("cxr_core.app.navigation.signed_in_account", lambda: who)
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=120)
    app.session_state["account"] = who
    app.session_state["train_view"] = "All runs"
    app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", ["train", "evaluate", "models"])
def test_the_owner_brings_back_what_they_deleted(name: str, deleted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = {
        "train": lambda: len(list_runs()),
        "evaluate": lambda: sum(one.split == "val" for one in stored_evaluations(find_model())),
        "models": lambda: sum(model.name == "tiny" for model in list_models()),
    }[name]
    assert "Bring back" not in [one.label for one in page(monkeypatch, name, OTHER).button]
    app = page(monkeypatch, name, OWNER)
    before = count()
    (back,) = [one for one in app.button if one.label == "Bring back"]
    back.click().run()
    assert not app.exception
    assert count() == before + 1
    assert "Bring back" not in [one.label for one in app.button]
