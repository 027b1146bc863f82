"""What the Evaluate page shows alike in several places, and a misclassified film in the viewer, by AppTest."""

# ruff: noqa: F401, F811  fixtures of another module

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.app.evaluate import film_dialog, misclassified_films
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.imaging.decode import read_film
from cxr_core.labels import ESTIMATES
from tests.app.test_evaluate import (
    empty_caches,
    on_test,
    open_page,
    table,
    text_of,
    without_released_evaluations,
)


def test_the_predictive_values_at_the_films_own_prevalence_are_those_of_the_table(on_test: Evaluation) -> None:
    at = open_page()
    figures = table(at, "95% interval").set_index("Estimate")
    for name in ("ppv", "npv"):
        row = figures.loc[ESTIMATES[name]]
        shown = f"**{ESTIMATES[name].split(' (')[0]} {row['Value']} ("
        assert shown in text_of(at)


def test_a_misclassified_film_opens_in_the_viewer(on_test: Evaluation, tmp_path: Path, monkeypatch) -> None:
    known = dict(zip(on_test.films["file"].str.split("/").str[-1], on_test.films["sha256"], strict=True))
    (tmp_path / "test").mkdir()
    for name in known:
        cv2.imwrite(str(tmp_path / "test" / name), np.full((64, 64), 90, np.uint8))
    monkeypatch.setattr(misclassified_films, "data_folder_of", lambda evaluation: tmp_path)
    monkeypatch.setattr(film_dialog, "_heatmap", lambda film, model: (None, "No heatmap here."))
    monkeypatch.setattr(film_dialog, "read_film", lambda file: replace(read_film(file), sha256=known[file.name]))
    at = open_page(evaluate_tab="Errors", errors_heat=False)
    at.button(key="open_1").click().run()
    assert not at.exception
    assert "No heatmap here." in text_of(at)
    assert "2 of " in text_of(at)
    assert "film" in at.query_params
    monkeypatch.setattr(film_dialog, "read_film", read_film)
    at = open_page(evaluate_tab="Errors", errors_heat=False)
    at.button(key="open_0").click().run()
    assert "is no longer the film that was evaluated" in text_of(at)


def test_films_that_lie_elsewhere_are_not_shown_to_who_signs_in(
    on_test: Evaluation, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(misclassified_films, "data_folder_of", lambda evaluation: tmp_path)
    monkeypatch.setattr(misclassified_films, "may_open", lambda folder: folder != tmp_path)
    monkeypatch.setattr(misclassified_films, "read_film", lambda file: pytest.fail("read"))
    at = open_page(evaluate_tab="Errors")
    assert not at.exception
    assert "not below a data folder of this server" in text_of(at)
