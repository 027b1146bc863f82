"""Validation by source."""

import numpy as np
import pytest

from cxr_core.training.source_validation import figures_by_source


def test_the_mean_over_sources_chooses_the_epoch() -> None:
    labels = np.array(["NORMAL", "PNEUMONIA"] * 3 + ["OTHER"])
    sources = np.array(["a"] * 2 + ["b"] * 5)
    logits = np.array([-1.0, 1.0, 0.5, 0.4, -1.0, 2.0, 1.0])
    found = figures_by_source(logits, labels, sources)
    assert found["val_auc_a"] == 1
    assert found["val_auc_b"] == 0.75
    assert found["val_auc"] == pytest.approx(0.875)
    assert found["val_other_auc_b"] == 0.5
    assert found["val_accuracy"] == pytest.approx((1 + (0.5 + 1) / 2) / 2)
    assert "val_other_auc_a" not in found
    wrong_a = (np.log1p(np.exp(-1.0)) + np.log1p(np.exp(-1.0))) / 2
    wrong_b = (np.mean(np.log1p(np.exp([0.5, -1.0]))) + np.mean(np.log1p(np.exp([-0.4, -2.0])))) / 2
    assert found["val_loss"] == pytest.approx((wrong_a + wrong_b) / 2)


def test_a_source_of_one_class_has_no_say() -> None:
    labels = np.array(["NORMAL", "PNEUMONIA", "NORMAL"])
    found = figures_by_source(np.array([0.0, 1.0, 5.0]), labels, np.array(["a", "a", "b"]))
    assert found["val_auc"] == 1
    assert "val_auc_b" not in found
    assert np.isnan(figures_by_source(np.array([0.0]), labels[:1], np.array(["a"]))["val_auc"])
