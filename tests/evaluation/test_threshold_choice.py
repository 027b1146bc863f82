"""Thresholds are chosen on validation patients only."""

import pytest

from cxr_core.errors import SettingsError
from cxr_core.evaluation.threshold_choice import choose_thresholds
from cxr_core.models.registry import Model
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_operating_points_are_chosen_on_validation_only(model: Model) -> None:
    assert set(choose_thresholds(synthetic_evaluation(model, "val"))) == {"rule_out", "balanced", "rule_in"}
    with pytest.raises(SettingsError, match="marked test"):
        choose_thresholds(synthetic_evaluation(model, "test"))
    with pytest.raises(SettingsError, match="validation split only"):
        choose_thresholds(synthetic_evaluation(model, "all"))
    seen = {"trained_on": 2, "siblings": 1}
    overlapping = synthetic_evaluation(model, "val").with_sections(seen_in_training=seen)
    with pytest.raises(SettingsError, match="3 of these films"):
        choose_thresholds(overlapping)
