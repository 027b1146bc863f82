"""Owners of evaluations: who may delete them, and the bin."""

from pathlib import Path

import pytest

from cxr_core.access import Account
from cxr_core.bin import in_bin
from cxr_core.errors import DamagedRecord, NotFound, SettingsError
from cxr_core.evaluation.owners import binned, bring_back, delete, may_delete, own
from cxr_core.evaluation.store import store_evaluation, stored_evaluations
from cxr_core.models.registry import find_model
from tests.support.synthetic_evaluations import synthetic_evaluation

OWNER, OTHER, ADMINISTRATOR = (
    Account("a1", "researcher"),
    Account("b2", "researcher"),
    Account("c3", "administrator"),
)


def test_only_the_owner_and_an_administrator_delete(tiny_home: Path) -> None:
    model = find_model("tiny")
    for who in (OWNER, ADMINISTRATOR):
        evaluation = synthetic_evaluation(model, "val")
        store_evaluation(evaluation, model)
        own(evaluation, model, OWNER)
        own(evaluation, model, OTHER)  # who repeats it does not get it
        assert may_delete(evaluation, model, OWNER)
        assert not may_delete(evaluation, model, OTHER)
        assert not may_delete(evaluation, model, Account("a1", "reader"))
        with pytest.raises(SettingsError, match="only who made it"):
            delete(evaluation, model, OTHER)
        delete(evaluation, model, who)
        assert evaluation.id not in [one.id for one in stored_evaluations(model)]
        assert {file.suffix for file in in_bin("evaluations")[evaluation.id].iterdir()} == {".json", ".csv", ".owner"}
        with pytest.raises(NotFound):
            delete(evaluation, model, who)


def test_what_came_with_the_app_stays() -> None:
    model = find_model()
    evaluation = stored_evaluations(model)[0]
    assert not may_delete(evaluation, model, ADMINISTRATOR)
    with pytest.raises(NotFound, match="came with the app"):
        delete(evaluation, model, ADMINISTRATOR)


def test_a_deleted_evaluation_is_brought_back_by_its_owner(tiny_home: Path) -> None:
    model = find_model("tiny")
    evaluation = synthetic_evaluation(model, "val")
    file = store_evaluation(evaluation, model)
    own(evaluation, model, OWNER)
    delete(evaluation, model, OWNER)
    assert binned(OWNER) == binned(ADMINISTRATOR) == {evaluation.id: evaluation.title}
    assert binned(OTHER) == {}
    with pytest.raises(SettingsError, match="can bring it back"):
        bring_back(evaluation.id, [model], OTHER)
    bring_back(evaluation.id, [model], OWNER)
    assert {one.suffix for one in file.parent.glob(f"{file.stem}.*")} == {".json", ".csv", ".owner"}
    assert evaluation.id in [one.id for one in stored_evaluations(model)]
    assert may_delete(evaluation, model, OWNER)
    assert binned(ADMINISTRATOR) == {}
    with pytest.raises(NotFound, match="not in the bin"):
        bring_back(evaluation.id, [model], OWNER)


def test_an_evaluation_that_was_repeated_since_stays_in_the_bin(tiny_home: Path) -> None:
    model = find_model("tiny")
    evaluation = synthetic_evaluation(model, "val")
    store_evaluation(evaluation, model)
    delete(evaluation, model, ADMINISTRATOR)
    store_evaluation(evaluation, model)
    with pytest.raises(SettingsError, match="was repeated since"):
        bring_back(evaluation.id, [model], ADMINISTRATOR)
    assert evaluation.id in binned(ADMINISTRATOR)


def test_a_damaged_evaluation_in_the_bin_is_not_offered(tiny_home: Path) -> None:
    model = find_model("tiny")
    evaluation = synthetic_evaluation(model, "val")
    store_evaluation(evaluation, model)
    (delete(evaluation, model, ADMINISTRATOR) / f"{evaluation.id}.csv").write_text("x")
    assert binned(ADMINISTRATOR) == {}
    with pytest.raises(DamagedRecord):
        bring_back(evaluation.id, [model], ADMINISTRATOR)
