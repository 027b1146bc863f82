"""An evaluation is computed, stored and logged; a second system is compared."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.index import build_index
from cxr_core.evaluation.compare import compare
from cxr_core.evaluation.label_review import contest
from cxr_core.evaluation.run import evaluate_csv, evaluate_films
from cxr_core.evaluation.store import stored_systems
from cxr_core.evaluation.test_log import count_accesses, read_test_accesses
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import Model, find_model
from cxr_core.paths import home
from tests.support.synthetic_chests import write_data_set
from tests.support.synthetic_evaluations import synthetic_evaluation


@pytest.fixture
def two_systems(tmp_path: Path, model: Model) -> tuple[Path, Path]:
    """Two CSVs of scores of the same 60 films."""
    files = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    for seed, file in enumerate(files):
        synthetic_evaluation(model, seed=seed).films[["file", "label", "score", "patient"]].to_csv(file, index=False)
    return files


def test_the_command_line_compares_and_leaves_out_contested_films(two_systems, tmp_path: Path, capsys) -> None:
    ours, theirs = two_systems
    contest("test/film4.jpeg PNEUMONIA", "film4.jpeg", True, "Dr. A")
    out = tmp_path / "out"
    assert main(["evaluate", str(ours), "--split", "val", "--compare", str(theirs), "--out", str(out), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics == json.loads((out / "metrics.json").read_text())
    a, b = evaluate_csv(ours, "ours", "val"), evaluate_csv(theirs, "theirs", "val")
    comparison = compare(a, b)
    assert metrics["comparison"]["of"] == ["ours", "theirs"]
    assert metrics["comparison"]["delong"]["p_value"] == comparison.difference.p_value
    assert metrics["comparison"]["mcnemar"] == comparison.errors.to_dict()
    assert metrics["comparison"]["films"] == 60
    assert len(pd.read_csv(out / "differ.csv")) == metrics["comparison"]["differ"] == len(comparison.differ) > 0
    assert (metrics["films"], metrics["without_contested"]["films"]) == (60, 59)
    assert "paired DeLong" in (out / "report.html").read_text()

    assert main(["evaluate", str(ours), "--split", "val", "--compare", str(theirs), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "McNemar by patient: only ours right" in printed
    assert "Without 1 contested films:" in printed


@pytest.mark.parametrize(
    ("other", "message"), [("nobody", "nobody"), ("none.csv", "none.csv"), ("cxr", "holds scores")]
)
def test_a_bad_comparison_is_one_sentence(other: str, message: str, two_systems, model: Model, tmp_path: Path, capsys):
    other = model.name if other == "cxr" else other
    out = str(tmp_path / "out")
    assert main(["evaluate", str(two_systems[0]), "--split", "val", "--compare", other, "--out", out]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert message in err


def test_another_systems_scores_are_evaluated_and_stored(tmp_path: Path, model: Model) -> None:
    file = tmp_path / "vendor.csv"
    synthetic_evaluation(model).films[["file", "label", "score"]].to_csv(file, index=False)
    evaluation = evaluate_csv(file, "vendor", "test", 0.4)
    assert evaluation.threshold == 0.4
    assert [one.name for one in stored_systems()] == ["vendor"]
    assert evaluation.record.to_dict()["test_ledger"]["openings"] == len(read_test_accesses(home())) == 1
    assert "accessed once" in evaluation.record.accesses
    json.dumps(evaluation.record.to_dict(), allow_nan=False)


def test_metrics_are_free_of_nan(model: Model) -> None:
    evaluation = synthetic_evaluation(model, films=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "NaN" not in json.dumps(evaluation.record.to_dict())
    assert isinstance(replace(evaluation, films=evaluation.films).films, pd.DataFrame)


def test_an_evaluation_of_all_films_counts_as_access_to_the_test_films(tiny_home: Path, tmp_path: Path) -> None:
    root = write_data_set(tmp_path / "data", patients=3, split="test")
    index = build_index(write_data_set(root, patients=2, split="train"))
    predictor, before = Predictor(find_model("tiny")), len(read_test_accesses(home()))
    evaluate_films(predictor, index, "all")
    evaluation = evaluate_films(predictor, index, "test")
    assert len(read_test_accesses(home())) == before + 2
    assert count_accesses(evaluation).total == 2
    assert "accessed 2 times" in evaluation.record.accesses
    evaluate_films(predictor, index, "train")
    assert len(read_test_accesses(home())) == before + 2
