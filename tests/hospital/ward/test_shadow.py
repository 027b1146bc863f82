"""Shadow mode: readings compared with radiologists' reports."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cxr_core.errors import DataSetError
from cxr_core.evaluation.store import stored_evaluations
from cxr_core.hospital.ward.shadow import compare_with_reports, read_reports
from cxr_core.hospital.ward.store import Ward
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import Model, find_model
from tests.support.hospital.ward import arrival, measured


@pytest.fixture
def model(tiny_home: Path) -> Model:
    return find_model("tiny")


@pytest.fixture
def ward(model: Model, tmp_path: Path) -> Ward:
    """60 films in shadow mode, 30 a class, two a patient; the last has no logit. One more on the worklist."""
    ward, rng = Ward(tmp_path), np.random.default_rng(0)
    for number in range(61):
        logit = float(rng.normal(1.0 if number % 2 else -1.0))
        film = arrival(number, version=model.version, measured=measured(logit=None if number == 60 else logit))
        film = replace(film, identity=replace(film.identity, pseudonym=f"p{number // 2}"))
        ward.add(film, "shadow", arrived=number + 1.0)
    ward.add(arrival(99, version=model.version), "worklist")
    return ward


def reports(folder: Path, rows: list[str]) -> Path:
    file = folder / "reports.csv"
    file.write_text("\n".join(["accession,label", *rows]) + "\n")
    return file


def test_figures_counts_and_acceptance_come_in_one_step(ward: Ward, model: Model, tmp_path: Path) -> None:
    rows = [f"A{number},{'PNEUMONIA' if number % 2 else 'normal'}" for number in range(2, 61)]
    compared = compare_with_reports(ward, model, reports(tmp_path, [*rows, "elsewhere,1"]))
    assert (compared.unread, compared.unreported) == (1, 2)
    assert compared.sentence == "58 films compared; 1 reports without a film, 2 films without a report."
    films = compared.site.evaluation.films
    assert films["patient"].nunique() == 29
    logits = np.array([film.arrival.measured.logit for film in ward.in_shadow()[2:60]], np.float64)
    scores = Platt(model.card.slope, model.card.intercept).probability(logits)
    auroc = roc_auc_score([number % 2 for number in range(2, 60)], scores)
    (stored,) = [one for one in stored_evaluations(model) if one.id == compared.site.evaluation.id]
    assert compared.site.evaluation.record.metrics.estimates["auroc"].value == pytest.approx(auroc, abs=1e-12)
    assert stored.record.data == "reports.csv"
    assert compared.site.acceptance.verdict


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["A1,sick"], "row 1 has the label 'sick'"),
        (["A1,NORMAL", ",NORMAL"], "row 2 has no accession number"),
        (["A1,NORMAL", "A1,PNEUMONIA"], "row 2 gives an accession number a second label"),
        ([], "row"),
    ],
)
def test_reports_that_cannot_be_used_are_named_by_row(rows: list[str], reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match=reason) as error:
        read_reports(reports(tmp_path, rows))
    assert error.value.thing == "reports.csv"
    assert "accession,label is accepted" in str(error.value)


def test_other_columns_films_of_nobody_and_one_class_are_refused(ward: Ward, model: Model, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("study,label\nA1,NORMAL\n")
    with pytest.raises(DataSetError, match="has the columns study, label and no accession"):
        read_reports(tmp_path / "other.csv")
    with pytest.raises(DataSetError, match="none of its 1 reports is of the 61 films"):
        compare_with_reports(ward, model, reports(tmp_path, ["X1,NORMAL"]))
    with pytest.raises(DataSetError, match="no films of both classes"):
        compare_with_reports(ward, model, reports(tmp_path, ["A1,NORMAL", "A2,NORMAL"]))
