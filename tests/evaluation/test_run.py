"""What is evaluated is kept, told to the ledger, and refused where it would flatter."""

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.cli.main import main
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError, SettingsError
from cxr_core.evaluation.compare import compare
from cxr_core.evaluation.groups import film_groups
from cxr_core.evaluation.label_review import contest, contested, film_keys, marks, uncontested
from cxr_core.evaluation.misclassified_films import wrong_films
from cxr_core.evaluation.run import assess_csv, choose_films, holds_scores
from cxr_core.evaluation.store import (
    Evaluation,
    evaluation_id,
    keep,
    kept,
    kept_systems,
    marked_test,
    open_evaluation,
    place_of,
)
from cxr_core.evaluation.test_log import openings
from cxr_core.evaluation.test_set_access import record_test, times_opened
from cxr_core.evaluation.threshold_choice import choose_on
from cxr_core.evaluation.train_test_overlap import seen_in_training
from cxr_core.models.registry import Model, find_model
from cxr_core.paths import home
from tests.support.synthetic_chests import write_data_set
from tests.support.synthetic_evaluations import made_up


@pytest.fixture
def model() -> Model:
    return find_model()


def test_what_is_kept_opens_again_and_the_checkout_stays_clean(model: Model, tmp_path: Path) -> None:
    evaluation = made_up(model)
    file = keep(evaluation, model, tmp_path)
    assert file.is_relative_to(home())
    [again] = [one for one in kept(model) if one.id == evaluation.id]
    assert again.metrics == evaluation.metrics
    assert np.array_equal(again.scores.scores, evaluation.scores.scores)
    assert place_of(again) == tmp_path


def test_a_users_model_keeps_its_evaluations_in_its_folder(model: Model) -> None:
    mine = Model(home() / "models" / "mine", model.card)
    assert keep(made_up(model), mine).parent == mine.folder / "evaluations"
    assert len(kept(mine)) >= 1


def test_an_evaluation_of_other_weights_is_not_this_models(model: Model) -> None:
    keep(made_up(model), model)
    other = Model(model.folder, model.card | {"sha256": "f" * 64})
    assert not kept(other)


def test_a_damaged_evaluation_is_passed_over(model: Model) -> None:
    file = keep(made_up(model), model)
    before = len(kept(model))
    file.write_text("{")
    assert len(kept(model)) == before - 1
    with pytest.raises(DataSetError, match="not a kept evaluation"):
        open_evaluation(file)


@pytest.mark.parametrize("split", ["test", "held-out patients", "split.csv:test"])
def test_these_splits_are_marked_test(split: str) -> None:
    assert marked_test(split)
    assert not marked_test(split.replace("test", "val").replace("held-out", "val"))


def test_ids_are_file_names() -> None:
    assert "/" not in evaluation_id("/a b/../c.csv:test", "0" * 64, "abc")


def test_the_ledger_counts_by_films_and_by_system(model: Model) -> None:
    evaluation = made_up(model)
    assert times_opened(evaluation).in_all == 0
    record_test(evaluation, model.card["sha256"])
    record_test(evaluation, "0" * 64)
    record_test(made_up(model, films=30), model.card["sha256"])
    found = times_opened(evaluation)
    assert (found.in_all, found.by_this) == (2, 1)
    assert "2 times" in found.sentence


def test_operating_points_are_chosen_on_validation_only(model: Model) -> None:
    assert set(choose_on(made_up(model, "val"))) == {"rule_out", "balanced", "rule_in"}
    with pytest.raises(SettingsError, match="marked test"):
        choose_on(made_up(model, "test"))
    with pytest.raises(SettingsError, match="validation split only"):
        choose_on(made_up(model, "all"))
    seen = made_up(model, "val")
    seen.metrics["seen_in_training"] = {"trained_on": 2, "siblings": 1}
    with pytest.raises(SettingsError, match="3 of these films"):
        choose_on(seen)


def test_contested_films_are_kept_by_content_and_label(model: Model) -> None:
    evaluation = made_up(model)
    key = str(film_keys(evaluation)[4])
    contest(key, "film4.jpeg", True, " Dr. A ")
    assert contested(evaluation).sum() == 1
    assert marks()[key]["reviewer"] == "Dr. A"
    rest = uncontested(evaluation)
    assert rest is not None
    assert len(rest) == len(evaluation.films) - 1
    films = evaluation.films.copy()
    films.loc[4, "label"] = "NORMAL" if films.loc[4, "label"] == "PNEUMONIA" else "PNEUMONIA"
    assert contested(Evaluation(evaluation.metrics, films)).sum() == 0
    contest(key, "film4.jpeg", False)
    assert contested(evaluation).sum() == 0
    assert uncontested(evaluation) is None


def test_wrong_films_come_with_the_most_confident_first(model: Model) -> None:
    evaluation = made_up(model)
    wrong = wrong_films(evaluation, 0.5)
    assert len(wrong) == (evaluation.scores.called(0.5) != evaluation.scores.labels).sum()
    assert (wrong["score"] - 0.5).abs().is_monotonic_decreasing
    assert wrong_films(evaluation, 0.0)["label"].unique().tolist() == ["NORMAL"]


def test_film_groups_are_those_a_reviewer_asks_for(model: Model) -> None:
    groups, notes = film_groups(made_up(model))
    assert len(groups) >= 6
    assert all(chosen.dtype == bool and chosen.shape == (60,) for chosen in groups.values())
    plain = made_up(model)
    few = Evaluation(plain.metrics, plain.films[["file", "label", "score", "patient"]])
    assert "bacterial" in film_groups(few)[1][0]
    dicom = plain.films.assign(age=["030M"] * 30 + ["070Y"] * 30, sex="F", view="PA", manufacturer="")
    names = set(film_groups(Evaluation(plain.metrics, dicom))[0])
    assert {"Age 1 to 5 years", "Age 18 years and over", "Sex F", "View PA"} <= names
    assert notes == [] or all(isinstance(note, str) for note in notes)


def test_two_systems_are_compared_on_their_common_films(model: Model) -> None:
    a, b = made_up(model), made_up(model, seed=1)
    found = compare(a, Evaluation(b.metrics, b.films.iloc[10:].drop(columns="sha256")))
    assert len(found.a) == 50
    assert found.left_out == 10
    assert (
        found.errors.both_right + found.errors.both_wrong + found.errors.only_a_right + found.errors.only_b_right == 50
    )
    assert (found.differ["called_a"] != found.differ["called_b"]).all()
    strange = Evaluation(b.metrics, b.films.assign(file=[f"x{i}" for i in range(60)]).drop(columns="sha256"))
    with pytest.raises(DataSetError, match="no film in common"):
        compare(a, strange)


@pytest.fixture
def two_systems(tmp_path: Path, model: Model) -> tuple[Path, Path]:
    """Two CSVs of scores of the same 60 films."""
    files = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    for seed, file in enumerate(files):
        made_up(model, seed=seed).films[["file", "label", "score", "patient"]].to_csv(file, index=False)
    return files


def test_the_command_line_compares_and_leaves_out_contested_films(two_systems, tmp_path: Path, capsys) -> None:
    ours, theirs = two_systems
    contest("test/film4.jpeg PNEUMONIA", "film4.jpeg", True, "Dr. A")
    out = tmp_path / "out"
    assert main(["evaluate", str(ours), "--split", "val", "--compare", str(theirs), "--out", str(out), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    assert metrics == json.loads((out / "metrics.json").read_text())
    a, b = assess_csv(ours, "ours", "val"), assess_csv(theirs, "theirs", "val")
    found = compare(a, b)
    assert metrics["comparison"]["of"] == ["ours", "theirs"]
    assert metrics["comparison"]["delong"]["p_value"] == found.difference.p_value
    assert metrics["comparison"]["mcnemar"] == found.errors.to_dict()
    assert metrics["comparison"]["films"] == 60
    assert len(pd.read_csv(out / "differ.csv")) == metrics["comparison"]["differ"] == len(found.differ) > 0
    assert (metrics["films"], metrics["without_contested"]["films"]) == (60, 59)
    assert "paired DeLong" in (out / "report.html").read_text()

    assert main(["evaluate", str(ours), "--split", "val", "--compare", str(theirs), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "McNemar: only ours right" in printed
    assert "Without 1 contested films:" in printed


@pytest.mark.parametrize(("other", "named"), [("nobody", "nobody"), ("none.csv", "none.csv"), ("cxr", "holds scores")])
def test_a_bad_comparison_is_one_sentence(other: str, named: str, two_systems, model: Model, tmp_path: Path, capsys):
    other = model.name if other == "cxr" else other
    out = str(tmp_path / "out")
    assert main(["evaluate", str(two_systems[0]), "--split", "val", "--compare", other, "--out", out]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert named in err


def test_another_systems_scores(tmp_path: Path, model: Model) -> None:
    file = tmp_path / "vendor.csv"
    made_up(model).films[["file", "label", "score"]].to_csv(file, index=False)
    assert holds_scores(file)
    evaluation = assess_csv(file, "vendor", "test", 0.4)
    assert evaluation.threshold == 0.4
    assert [one.name for one in kept_systems()] == ["vendor"]
    assert evaluation.metrics["test_ledger"]["openings"] == len(openings(home())) == 1
    json.dumps(evaluation.metrics, allow_nan=False)
    assert not holds_scores(tmp_path / "none.csv")


def test_ten_million_rows_are_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "big.csv"
    row = b"a,NORMAL,0.5\n"
    file.write_bytes(b"file,label,score\n" + row * 10_000_000)
    with pytest.raises(DataSetError, match="1,000,000 rows"):
        assess_csv(file, "big", "all")


@pytest.mark.parametrize(
    ("split", "named"),
    [("dev", "accepted are"), ("val", "has no films"), ("none.csv:test", "none.csv"), ("", "split ''")],
)
def test_a_bad_split_is_refused(tmp_path: Path, split: str, named: str) -> None:
    index = build_index(write_data_set(tmp_path / "made", patients=2, split="test"))
    with pytest.raises(DataSetError, match=named):
        choose_films(index, split)


def test_films_that_were_trained_on_are_named(tmp_path: Path, model: Model) -> None:
    index = build_index(write_data_set(tmp_path / "made", patients=4, split="test"))
    folder = tmp_path / "model"
    folder.mkdir()
    films = index.readable.assign(split="train")
    films.iloc[8:12, films.columns.get_loc("split")] = "val"
    films.iloc[12:, films.columns.get_loc("split")] = "test"
    films[["path", "label", "kind", "patient", "sha256", "split"]].to_csv(folder / "split.csv", index=False)
    card = model.card | {"training": model.card["training"] | {"fingerprint": index.fingerprint}}
    seen = seen_in_training(Model(folder, card), index, index.readable)
    assert (seen["trained_on"], seen["validated_on"]) == (8, 4)
    assert "flatter" in seen["warning"]
    held_out = seen_in_training(Model(folder, card), index, index.readable.iloc[12:])
    assert held_out["trained_on"] == held_out["siblings"] == 0
    assert held_out["warning"] is None
    unknown = seen_in_training(Model(tmp_path / "gone", card), index, index.readable)
    assert not unknown["known"]
    assert "not on this machine" in unknown["warning"]


def test_metrics_are_free_of_nan(model: Model) -> None:
    evaluation = made_up(model, films=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "NaN" not in json.dumps(evaluation.metrics)
    assert isinstance(replace(evaluation, films=evaluation.films).films, pd.DataFrame)


def test_who_looks_at_all_films_has_looked_at_the_test_films(tiny_home: Path, tmp_path: Path) -> None:
    from cxr_core.evaluation.run import assess_films
    from cxr_core.inference.predictor import Predictor

    root = write_data_set(tmp_path / "made", patients=3, split="test")
    index = build_index(write_data_set(root, patients=2, split="train"))
    reader, before = Predictor(find_model("tiny")), len(openings(home()))
    assess_films(reader, index, "all")
    evaluation = assess_films(reader, index, "test")
    assert len(openings(home())) == before + 2
    assert times_opened(evaluation).in_all == 2
    assert evaluation.metrics["test_ledger"]["openings"] == 2
    assess_films(reader, index, "train")
    assert len(openings(home())) == before + 2
