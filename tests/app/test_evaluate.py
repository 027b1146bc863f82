"""The Evaluate page by AppTest."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.label_review import contest, film_keys
from cxr_core.evaluation.site import ACCEPTANCE_VERDICTS
from cxr_core.evaluation.store import store_evaluation
from cxr_core.evaluation.test_log import read_test_accesses, record_test_evaluation
from cxr_core.jobs.job import list_jobs
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import list_profiles
from cxr_core.paths import home
from tests.conftest import REPOSITORY
from tests.jobs.run_here import run_jobs_here
from tests.support.synthetic_chests import write_data_set
from tests.support.synthetic_evaluations import synthetic_evaluation

PATIENCE = 120


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    """Models and estimates of other tests are removed from the caches."""
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def without_released_evaluations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The released model without its released evaluations, so that each test has only its own."""
    models = tmp_path / "released"
    models.mkdir()
    released = find_model().folder
    (models / "RELEASED").write_text(released.name)
    (models / released.name).mkdir()
    for name in ("model.keras", "card.json"):
        (models / released.name / name).symlink_to(released / name)
    monkeypatch.setattr("cxr_core.models.registry.RELEASED_MODELS", models)
    monkeypatch.setattr("cxr_core.evaluation.store.RELEASED_MODELS", models)


def open_page(**state: object) -> AppTest:
    """The page, run once."""
    at = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=PATIENCE)
    at.switch_page("pages/evaluate.py")
    for name, value in state.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def text_of(at: AppTest) -> str:
    """All text on the page."""
    parts = [*at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.success]
    return "\n".join(str(part.value) for part in parts)


def table(at: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has that column."""
    return next(frame.value for frame in at.dataframe if column in frame.value)


def press(at: AppTest, label: str) -> AppTest:
    """Press the button of that name."""
    return next(button for button in at.button if button.label == label).click().run()


@pytest.fixture
def on_test() -> Evaluation:
    """A stored evaluation of the released model on a test split, recorded in the test log."""
    model = find_model()
    evaluation = synthetic_evaluation(model)
    store_evaluation(evaluation, model)
    record_test_evaluation(evaluation, model.card.sha256)
    return evaluation


def test_without_evaluations_there_is_a_message() -> None:
    assert "95% interval" in text_of(open_page())


def test_a_model_is_evaluated_by_a_job_and_the_evaluation_stored(
    tiny_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs_here(monkeypatch)
    data = write_data_set(tmp_path / "hospital", patients=6, split="test")
    at = open_page(data_folder=str(data))
    at.multiselect(key="evaluate_models").set_value(["tiny"])
    at.run()
    at.selectbox(key="evaluate_split").select("test")
    before = len(read_test_accesses(home()))
    press(at, "Evaluate")
    assert not at.exception
    assert not at.error
    assert len(read_test_accesses(home())) == before + 1
    [file] = list((tiny_home / "models" / "tiny" / "evaluations").glob("test-*.json"))
    assert str(data.parent) not in file.read_text()
    assert json.loads(file.read_text())["films"] == 24
    again = open_page()
    assert again.metric[2].value == at.metric[2].value
    assert len(read_test_accesses(home())) == before + 1
    again.session_state["evaluate_tab"] = "Errors"
    again.run()
    assert not again.exception


def test_estimates_have_intervals_charts_and_the_count_of_accesses(on_test: Evaluation) -> None:
    at = open_page()
    assert [metric.label for metric in at.metric] == ["Sensitivity", "Specificity", "AUROC", "Accuracy"]
    estimates = table(at, "95% interval")
    assert len(estimates) == 15
    assert (estimates["95% interval"] != "").sum() >= 14
    assert "accessed once" in text_of(at)
    charts = at.get("plotly_chart")
    assert len(charts) == 6
    assert all(chart.proto.alt for chart in charts)


def test_the_sliders_change_estimates_and_predictive_values(on_test: Evaluation) -> None:
    at = open_page()
    next(slider for slider in at.slider if slider.label.startswith("Threshold")).set_value(0.0).run()
    assert not at.exception
    assert [metric.value for metric in at.metric][:2] == ["1.000", "0.000"]
    assert "Do not report estimates" in text_of(at)
    next(slider for slider in at.slider if slider.label.startswith("Prevalence")).set_value(10).run()
    assert "Of 100 patients like these with the answer pneumonia, 10 have pneumonia" in text_of(at)


def test_operating_points_are_refused_on_a_test_split(on_test: Evaluation) -> None:
    at = open_page(evaluate_tab="Operating points")
    at.button(key="choose_points").click().run()
    assert "marked test" in at.error[0].value


def test_operating_points_are_chosen_on_validation() -> None:
    model = find_model()
    store_evaluation(synthetic_evaluation(model, "val"), model)
    at = open_page(evaluate_tab="Operating points")
    at.button(key="choose_points").click().run()
    assert not at.error
    assert len(table(at, "Rule")) == 3


@pytest.mark.parametrize("tab", ["Subgroups", "Errors", "Compare", "Ledger", "Report"])
def test_every_tab_opens(on_test: Evaluation, tab: str) -> None:
    at = open_page(evaluate_tab=tab)
    assert not at.error


def test_small_groups_have_a_note(on_test: Evaluation) -> None:
    at = open_page(evaluate_tab="Subgroups")
    groups = table(at, "Group")
    assert {"Bacterial pneumonia against normal", "Viral pneumonia against normal"} <= set(groups["Group"])
    assert "Note" not in groups  # they are whole, below the table
    assert all(f"{group}" in text_of(at) for group in groups["Group"])
    assert "Small group" in text_of(at)


def test_contested_films_give_estimates_with_and_without_them(on_test: Evaluation) -> None:
    contest(str(film_keys(on_test)[0]), on_test.films["file"].iloc[0], True)
    at = open_page()
    assert "**All films**" in text_of(at)
    assert "**Without contested films**" in text_of(at)
    assert len(at.metric) == 8


def test_a_reviewer_marks_a_label(on_test: Evaluation) -> None:
    at = open_page(evaluate_tab="Errors")
    at.checkbox[0].check().run()
    assert not at.exception
    assert "1 of these films have a label marked" in text_of(at)
    at.checkbox[0].uncheck().run()
    assert "marked as looking wrong" not in text_of(at)


def scores_csv(at: AppTest, content: bytes, name: str = "vendor") -> AppTest:
    """Evaluate another system's scores."""
    at.file_uploader(key="scores_csv").upload("vendor.csv", content).run()
    at.text_input(key="system_name").set_value(name).run()
    press(at, "Evaluate scores")
    assert not at.exception
    return at


def test_another_systems_scores_are_evaluated_and_compared(on_test: Evaluation) -> None:
    other = synthetic_evaluation(find_model(), seed=1).films[["file", "label", "score"]]
    at = scores_csv(open_page(of_what="Another system's scores"), other.to_csv(index=False).encode())
    assert not at.error
    at.session_state["evaluate_tab"] = "Compare"
    at.run()
    assert not at.exception
    assert "60 films that both scored" in text_of(at)
    assert "paired DeLong" in text_of(at)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"file,label\na,NORMAL\n", "no score"),
        (b"file,label,score\na,NORMAL,nan\n", "row 1"),
        (b"file,label,score\na,COVID,0.5\n", "COVID"),
        (b"file,label,score\na,NORMAL,0.5\na,NORMAL,0.5\n", "once"),
        (b"", "vendor.csv"),
    ],
    ids=["no score", "NaN", "another label", "duplicate", "empty"],
)
def test_an_invalid_csv_is_refused_with_one_message(content: bytes, named: str) -> None:
    at = scores_csv(open_page(of_what="Another system's scores"), content)
    message = at.error[0].value.replace("\\", "")  # Markdown escapes
    assert named in message
    assert "/tmp/" not in message


@pytest.mark.parametrize(
    "content",
    [
        b"file,label,score\na,NORMAL,0.5\nb,NORMAL,0.5\n",
        b"file,label,score\na,NORMAL,0.5\nb,PNEUMONIA,0.5\n",
        b"file,label,score\n" + b"".join(b"%d,%d,0.%d\n" % (i, i % 2, i) for i in range(1, 6)),
    ],
    ids=["one class", "all equal", "five films"],
)
def test_degenerate_scores_give_the_estimates_that_can_be_computed(content: bytes) -> None:
    at = scores_csv(open_page(of_what="Another system's scores"), content)
    assert not at.error
    assert len(table(at, "95% interval")) == 15
    for tab in ("Subgroups", "Errors", "Compare", "Operating points", "Report"):
        at.session_state["evaluate_tab"] = tab
        at.run()
        assert not at.exception, tab


def test_site_acceptance_gives_a_verdict_and_a_fit_model_is_used_here(monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    films = synthetic_evaluation(find_model(), "all", films=150).films[["file", "label", "score", "patient"]]
    at = open_page(room="Site acceptance", accept_source="Scores, as a CSV")
    at.file_uploader(key="accept_csv").upload("here.csv", films.to_csv(index=False).encode()).run()
    at.button(key="judge_scores").click().run()
    assert not at.exception
    shown = [*at.success, *at.warning, *at.error, *at.info]
    assert any(part.value.startswith(tuple(f"**{text}" for text in ACCEPTANCE_VERDICTS.values())) for part in shown)
    assert len(table(at, "Then as required")) == 3
    assert len(table(open_page(room="Site acceptance"), "Then as required")) == 3  # the result outlives the tab

    sure = films.assign(score=(films["label"] == "PNEUMONIA") * 0.98 + 0.01)
    at = open_page(room="Site acceptance", accept_source="Scores, as a CSV")
    at.file_uploader(key="accept_csv").upload("sure.csv", sure.to_csv(index=False).encode()).run()
    at.button(key="judge_scores").click().run()
    assert [one.split(", ")[0] for one in at.selectbox(key="acceptance").options] == ["sure", "here"]
    at.text_input(key="site_name").set_value("north")
    at.text_input(key="site_who").set_value("A. B.")
    next(button for button in at.button if button.label == "Use here").click().run()
    assert not at.exception
    assert [profile.name for profile in list_profiles(find_model())] == ["north"]

    at.text_input(key="share_name").set_value("north").run()
    assert "Download the counts" in [button.proto.label for button in at.get("download_button")]
    at.text_input(key="share_name").set_value("a b").run()
    assert "up to 64 letters" in at.error[0].value


def test_a_sites_films_are_tested_by_a_job_and_a_refusal_is_shown(
    tiny_home: Path, demo_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs_here(monkeypatch)
    at = open_page(room="Site acceptance", accept_model="tiny", data_folder=str(demo_set))
    at.button(key="judge_films").click().run()
    assert not at.exception
    rows = table(at, "Then as required")
    at = open_page(room="Site acceptance", accept_model="tiny", data_folder=str(tiny_home / "made" / "chest_xray"))
    at.button(key="judge_films").click().run()
    assert not at.exception
    assert "only films of your own site are accepted" in at.error[0].value
    assert table(at, "Then as required").equals(rows)  # the result on the other films stays


def test_scores_that_are_no_table_are_refused_before_a_job_begins() -> None:
    at = open_page(room="Site acceptance", accept_source="Scores, as a CSV")
    at.file_uploader(key="accept_csv").upload("here.csv", b"film,truth\na,b\n").run()
    at.button(key="judge_scores").click().run()
    assert at.error[0].value.startswith("here.csv: ")
    assert not list_jobs()
