"""The Dataset page by AppTest: filters, charts, and no exception whatever is opened."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.dataset.charts import bars, distribution, pies, shares
from cxr_core.app.dataset.films import Filters, chosen_films
from cxr_core.app.dataset.shortcuts import difference_picture
from cxr_core.datasets.index import build_index
from cxr_core.errors import WorkError
from cxr_core.inference.gate import data_set_audit
from tests.conftest import REPOSITORY
from tests.support.faulty_data_set import good_films, write_faulty_data_set
from tests.support.synthetic_films import jpeg, kaggle_folder, no_chest, write

PAGE = "pages/dataset.py"
TABS = ["Overview", "Films", "Shortcuts", "Faults", "Split"]


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


def test_the_gate_checks_the_films_on_request(tmp_path):
    films = {"NORMAL/no chest.png": no_chest()} | {
        f"PNEUMONIA/{i}.jpeg": data for i, (_, data) in enumerate(good_films(6))
    }
    app = page(write(tmp_path / "set", films), "Faults")
    assert any("has not checked 7" in caption.value for caption in app.caption)
    assert "not a frontal" not in app.success[0].value
    app.button[-1].click().run()
    assert not app.exception
    assert "1 film that Diagnose would refuse" in app.warning[0].value
    app.run()
    assert "1 film that Diagnose would refuse" in app.warning[0].value


def test_a_gate_that_cannot_be_loaded_is_one_message(tmp_path, monkeypatch):
    def broken():
        raise WorkError("gate_model: the gate cannot be loaded (x).")

    monkeypatch.setattr(data_set_audit, "shipped_gate", broken)
    app = page(write(tmp_path / "set", {"NORMAL/a.jpeg": good_films(1)[0][1]}), "Faults")
    app.button[-1].click().run()
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
