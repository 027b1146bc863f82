"""Owners of evaluations: who may delete them, and the bin."""

from pathlib import Path

import pytest

from cxr_core.access import Account
from cxr_core.bin import in_bin
from cxr_core.errors import NotFound, SettingsError
from cxr_core.evaluation.owners import delete, may_delete, own
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
