"""The Dataset page by AppTest: filters, charts, and no exception whatever is opened."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.dataset.charts import bars, distribution, pies, shares
from cxr_core.app.dataset.decisions import exported
from cxr_core.app.dataset.films import Filters, chosen_films, films_by_mark
from cxr_core.app.dataset.read_films import ordered_readings
from cxr_core.app.dataset.shortcuts import difference_picture
from cxr_core.datasets.curation import change_films, curated, curation_of
from cxr_core.datasets.index import build_index
from cxr_core.datasets.saved_views import delete_view, save_view, saved_views
from cxr_core.errors import WorkError
from cxr_core.inference.gate import data_set_audit
from tests.conftest import REPOSITORY
from tests.jobs.run_here import run_jobs_here
from tests.support.faulty_data_set import good_films, write_faulty_data_set
from tests.support.synthetic_films import jpeg, kaggle_folder, no_chest, write

PAGE = "pages/dataset.py"
TABS = ["Films", "Overview", "Map", "Shortcuts", "Faults", "Split"]


@pytest.fixture
def films(tmp_path):
    return build_index(kaggle_folder(tmp_path / "set", 6)).films


def test_filters(films):
    assert set(chosen_films(films, Filters(splits=("test",)))["split"]) == {"test"}
    assert set(chosen_films(films, Filters(kinds=("viral",)))["kind"]) == {"viral"}
    assert set(chosen_films(films, Filters(labels=("NORMAL",), splits=("train",)))["label"]) == {"NORMAL"}
    assert len(chosen_films(films, Filters(text="PERSON1001_"))) == 2
    assert len(chosen_films(films, Filters(text="a.*"))) == 0  # text, not a pattern
    assert len(chosen_films(films, Filters(usable=False))) == 0
    assert len(chosen_films(films, Filters(width=(1, 10)))) == 0


def test_a_seed_gives_the_same_order_again(films):
    once, again, other = (chosen_films(films, Filters(seed=seed))["path"].tolist() for seed in (1, 1, 2))
    assert once == again != other
    assert sorted(once) == films["path"].tolist()


def test_charts_have_alternative_texts(films):
    table = distribution(films, "label")
    assert table.index.tolist() == ["train", "test", "all"]
    assert table.loc["all"].sum() == len(films)
    assert "train 12 NORMAL, 12 PNEUMONIA" in bars(table)[1]
    assert [split for split, _, _ in pies(table)] == ["train", "test", "all"]
    assert shares(table).loc["all", "NORMAL %"] == 50.0


def test_a_difference_of_nothing_is_grey():
    assert (difference_picture(np.zeros((4, 4))) == 235).all()


def page(folder, tab: str = "Overview") -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=60).switch_page(PAGE)
    app.session_state["data_folder"] = str(folder)
    app.session_state["dataset_tab"] = tab
    return app.run()


@pytest.mark.parametrize("tab", TABS)
def test_forty_kinds_of_trouble_break_no_tab(tmp_path, tab):
    app = page(write_faulty_data_set(tmp_path / "set"), tab)
    assert not app.exception
    assert not app.error or tab == "Faults"
    assert "Traceback" not in str(app.main)


def test_the_gate_checks_the_films_on_request(tmp_path, monkeypatch):
    run_jobs_here(monkeypatch)
    films = {"NORMAL/no chest.png": no_chest()} | {
        f"PNEUMONIA/{i}.jpeg": data for i, (_, data) in enumerate(good_films(6))
    }
    app = page(write(tmp_path / "set", films), "Faults")
    assert any("has not checked 7" in caption.value for caption in app.caption)
    assert "not a frontal" not in app.success[0].value
    press(app, "Find what is not a frontal chest film")
    assert not app.exception
    assert "1 film that Diagnose would refuse" in app.warning[0].value
    app.run()
    assert "1 film that Diagnose would refuse" in app.warning[0].value


def test_a_gate_that_cannot_be_loaded_is_one_message(tmp_path, monkeypatch):
    def broken():
        raise WorkError("gate_model: the gate cannot be loaded (x).")

    run_jobs_here(monkeypatch)
    monkeypatch.setattr(data_set_audit, "shipped_gate", broken)
    app = page(write(tmp_path / "set", {"NORMAL/a.jpeg": good_films(1)[0][1]}), "Faults")
    press(app, "Find what is not a frontal chest film")
    assert not app.exception
    assert "cannot be loaded" in app.error[0].value


@pytest.mark.parametrize("tab", TABS)
def test_a_set_with_no_usable_film_breaks_no_tab(tmp_path, tab):
    app = page(write(tmp_path / "set", {"NORMAL/a.jpeg": b"", "PNEUMONIA/b.jpeg": b"text"}), tab)
    assert not app.exception


@pytest.mark.parametrize("tab", TABS)
def test_a_set_of_one_class_without_splits_breaks_no_tab(tmp_path, tab):
    app = page(write(tmp_path / "set", {"NORMAL/a.jpeg": jpeg()}), tab)
    assert not app.exception


def test_a_folder_that_is_no_data_set_is_one_message(tmp_path):
    app = page(tmp_path / "nowhere")
    assert "no such folder" in app.error[0].value
    assert not app.exception


def press(app: AppTest, label: str) -> AppTest:
    """Click the button and let the page run."""
    return next(button for button in app.button if button.label == label).click().run()


def test_decisions_are_taken_undone_and_used(tmp_path):
    app = page(kaggle_folder(tmp_path / "set", 3), "Films")
    index = build_index(tmp_path / "set")
    app.text_input(key="filter_text").input("person1001_").run()
    app.segmented_control(key="decision").set_value("Exclude").run()
    press(app, "Apply")
    assert "a reason" in app.error[0].value
    next(field for field in app.text_input if field.label == "Reason").input("blurred")
    press(app, "Apply")
    assert not app.exception
    assert not app.error
    assert (curated(index).films["fault"] == "excluded: blurred").sum() == 2
    press(app, "Undo")
    assert curated(index) is index


def test_films_are_read_with_the_model_and_disagreements_come_first(tmp_path):
    films = {f"NORMAL/{i}.jpeg": data for i, (_, data) in enumerate(good_films(4))}
    app = page(write(tmp_path / "set", films), "Films")
    press(app, "Read with the model")
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == 4
    assert table["Disagrees"].tolist() == sorted(table["Disagrees"], reverse=True)


def test_readings_are_ordered_by_disagreement_and_surprise(films):
    four = films.head(4).assign(label=["NORMAL", "NORMAL", "PNEUMONIA", "OTHER"])
    found = [("normal", 0.1), ("pneumonia", 0.9), ("normal", 0.01), ("not_assessable", None)]
    table = ordered_readings(four, dict(zip(four["sha256"], found, strict=True)))
    assert table["Disagrees"].tolist() == [True, True, False, False]
    assert table["Probability"].tolist()[:3] == [0.01, 0.9, 0.1]


def test_another_persons_view_is_named_as_it_is(tmp_path):
    save_view(build_index(kaggle_folder(tmp_path / "set", 3)), "![x](http://evil.example/x.png)", {})
    labels = [one.label for one in page(tmp_path / "set", "Films").button]
    assert any("evil.example" in label for label in labels)
    assert not any("![" in label or "](" in label.replace("\\](", "") for label in labels)


def test_views_are_saved_and_the_filters_by_mark_hold(tmp_path):
    index = build_index(kaggle_folder(tmp_path / "set", 3))
    save_view(index, "tests", {"splits": ["test"], "usable": True})
    assert saved_views(index) == {"tests": {"splits": ["test"], "usable": True}}
    app = page(tmp_path / "set", "Films")
    press(app, "tests")
    assert app.multiselect(key="filter_split").value == ["test"]
    assert app.selectbox(key="filter_fault").value == "Usable"
    delete_view(index, "tests")
    assert saved_views(index) == {}
    change_films(index, "tag", index.films["sha256"].iloc[:2], "again")
    marked = films_by_mark(index.films, curation_of(index), {index.films["path"].iloc[3]})
    assert len(chosen_films(index.films, Filters(marks=("again",)), marked)) == 2
    assert len(chosen_films(index.films, Filters(marks=("again", "Chosen")), marked)) == 3
    assert exported(index.films, curation_of(index))["tags"].tolist()[:3] == ["again", "again", ""]


@pytest.mark.parametrize("tab", ["Overview", "Split"])
def test_counts_and_splits_say_what_people_decided(tmp_path, tab):
    folder = kaggle_folder(tmp_path / "set", 6)
    index = build_index(folder)
    change_films(index, "exclude", [index.films["sha256"].iloc[0]], "blurred")
    app = page(folder, tab)
    assert not app.exception
    assert "Decisions on the Dataset page are used: films 1 excluded." in [one.value for one in app.caption]
