"""Evaluations are stored with their model and read again; damaged ones are skipped."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import DamagedRecord
from cxr_core.evaluation.store import (
    damaged_evaluations,
    data_folder_of,
    read_evaluation,
    store_evaluation,
    stored_evaluations,
)
from cxr_core.models.registry import Model
from cxr_core.paths import home
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_a_stored_evaluation_is_read_again_and_the_checkout_stays_clean(model: Model, tmp_path: Path) -> None:
    evaluation = synthetic_evaluation(model)
    file = store_evaluation(evaluation, model, tmp_path)
    assert file.is_relative_to(home())
    [again] = [one for one in stored_evaluations(model) if one.id == evaluation.id]
    assert again.record.to_dict().items() >= evaluation.record.to_dict().items()
    assert again.record.schema == 2
    assert np.array_equal(again.scores.scores, evaluation.scores.scores)
    assert data_folder_of(again) == tmp_path


def test_evaluations_of_a_published_model_are_stored_in_its_folder(model: Model) -> None:
    published = Model(home() / "models" / "mine", model.card)
    assert store_evaluation(synthetic_evaluation(model), published).parent == published.folder / "evaluations"
    assert len(stored_evaluations(published)) >= 1


def test_an_evaluation_of_other_weights_is_not_this_models(model: Model) -> None:
    store_evaluation(synthetic_evaluation(model), model)
    other = model.described(sha256="f" * 64)
    assert not stored_evaluations(other)


def test_a_damaged_evaluation_is_skipped(model: Model) -> None:
    file = store_evaluation(synthetic_evaluation(model), model)
    before = len(stored_evaluations(model))
    file.write_text("{")
    assert len(stored_evaluations(model)) == before - 1
    with pytest.raises(DamagedRecord, match="not a stored evaluation"):
        read_evaluation(file)
    assert damaged_evaluations([model])[0].startswith(f"{file}: is not a stored evaluation")


def test_scores_of_another_evaluation_are_noticed(model: Model) -> None:
    file = store_evaluation(synthetic_evaluation(model), model)
    table = file.with_suffix(".csv")
    table.write_text(table.read_text().replace("PNEUMONIA", "NORMAL", 1))
    with pytest.raises(DamagedRecord, match=f"{table.name}: is not the scores of a stored evaluation"):
        read_evaluation(file)
