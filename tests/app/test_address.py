"""Addresses and the data set of the frame, by AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import MOST, data_set_key, recent_data_sets, remember_data_set
from tests.conftest import REPOSITORY
from tests.support.synthetic_films import kaggle_folder


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=60).switch_page(f"pages/{name}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app


def open_folder(app: AppTest, folder: Path) -> AppTest:
    app.text_input(key="data_set_path").input(str(folder))
    return next(button for button in app.button if button.label == "Open").click().run()


def test_every_open_of_a_visit_works(tmp_path: Path) -> None:
    app = page("dataset").run()
    for name, patients in (("one", 2), ("two", 3), ("three", 4)):
        open_folder(app, kaggle_folder(tmp_path / name, patients))
        assert not app.error
        assert app.session_state["data_folder"] == str(tmp_path / name)
        assert app.query_params["set"] in ([data_set_key(str(tmp_path / name))], data_set_key(str(tmp_path / name)))
    assert [one.name for one in recent_data_sets()] == ["three", "two", "one"]


def test_an_address_opens_its_data_set_and_a_recent_one_is_a_click_away(tmp_path: Path) -> None:
    folders = [kaggle_folder(tmp_path / name, 2) for name in ("one", "two")]
    for folder in folders:
        remember_data_set(str(folder), build_index(folder))
    app = page("dataset", set=data_set_key(str(folders[0]))).run()
    assert app.session_state["data_folder"] == str(folders[0])
    recent = next(box for box in app.selectbox if box.label == "Recent data sets")
    recent.select(data_set_key(str(folders[1]))).run()
    assert app.session_state["data_folder"] == str(folders[1])
    assert not app.exception


def test_an_address_that_names_nothing_is_one_sentence(tiny_home: Path) -> None:
    for name, key in (("dataset", "set"), ("train", "run"), ("models", "model")):
        app = page(name, **{key: "nowhere"}).run()
        assert not app.exception
        assert any("nowhere: this address names none" in warning.value for warning in app.warning), name


def test_the_list_of_recent_sets_is_short_and_a_damaged_one_is_empty(tmp_path: Path, cxr_home: Path) -> None:
    index = build_index(kaggle_folder(tmp_path / "set", 1))
    for number in range(MOST + 2):
        remember_data_set(f"/{number}", index)
    remember_data_set("/5", index)
    sources = [one.source for one in recent_data_sets()]
    assert len(sources) == MOST
    assert sources[0] == "/5"
    assert sources.count("/5") == 1
    (cxr_home / "recent_data_sets.json").write_text('{"sets": [{"source": 1}]}')
    assert recent_data_sets() == []


def test_a_page_that_one_comes_back_to_follows_its_address_again(tmp_path: Path) -> None:
    folder = kaggle_folder(tmp_path / "one", 2)
    remember_data_set(str(folder), build_index(folder))
    where = {"set": data_set_key(str(folder)), "tab": "Overview"}
    app = page("dataset", **where).run()
    assert app.session_state["dataset_tab"] == "Overview"
    app.switch_page("pages/train.py").run()
    app.switch_page("pages/dataset.py")
    for name, value in where.items():
        app.query_params[name] = value
    app.run()
    assert app.session_state["dataset_tab"] == "Overview"
    assert not app.exception


def test_what_a_page_that_ends_early_shows_is_not_undone_by_the_former_address(tmp_path: Path) -> None:
    app = page("evaluate").run()
    assert app.query_params["view"] == "Evaluations"
    next(group for group in app.get("button_group") if group.key == "room").set_value("Site acceptance").run()
    assert app.query_params["view"] == "Site acceptance"
    for name in ("one", "two"):
        folder = kaggle_folder(tmp_path / name, 2)
        open_folder(app, folder).run()
        assert (app.session_state["room"], app.session_state["data_folder"]) == ("Site acceptance", str(folder))


STOPS = """
import streamlit as st
from cxr_core.app.address import asked_for, write_address, written_last
with written_last():
    if asked := asked_for("view", ("one", "two"), "View"):
        st.session_state.view = asked
    write_address("view", st.session_state.view)
    st.stop()
"""


def test_an_address_that_a_stop_keeps_from_the_browser_is_not_followed() -> None:
    app = AppTest.from_string(STOPS)
    app.query_params["view"] = "one"
    app.run()
    app.session_state["view"] = "two"
    app.run().run()
    assert app.session_state["view"] == "two"


LEFT = """
from contextlib import suppress
from cxr_core.app.address import write_address, written_last
with suppress(RuntimeError), written_last():
    write_address("view", "of the page that was left")
    raise RuntimeError
"""


def test_a_page_that_is_left_while_it_is_drawn_writes_no_address() -> None:
    app = AppTest.from_string(LEFT).run()
    assert not app.exception
    assert "view" not in app.query_params


def inside(app: AppTest, label: str = "Folders and files in it") -> list[str]:
    return list(next(box for box in app.selectbox if box.label == label).options)


def go_into(app: AppTest, name: str, label: str = "Folders and files in it") -> AppTest:
    return next(box for box in app.selectbox if box.label == label).select(name).run()


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_data_set_is_opened_by_going_down_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "user")
    folder = kaggle_folder(tmp_path / "user" / "films" / "one", 2)
    (tmp_path / "user" / ".secret").mkdir()
    app = page("dataset").run()
    assert inside(app) == ["films"]
    go_into(app, "films")
    assert inside(app) == ["one"]
    press(app, "Up")
    assert inside(app) == ["films"]
    go_into(go_into(app, "films"), "one")
    press(app, "Open this")
    assert not app.exception
    assert app.session_state["data_folder"] == str(folder)


def test_nothing_above_or_beside_the_roots_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        (root / f"in_{root.name}").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    monkeypatch.setattr("cxr_core.app.folder_picker.data_roots", lambda: roots)
    app = page("dataset").run()
    assert inside(app, "Folders") == ["a", "b"]
    go_into(app, "a", "Folders")
    assert inside(app) == ["in_a"]
    press(app, "Up")
    assert inside(app, "Folders") == ["a", "b"]
    app.session_state["folder_here"] = tmp_path / "other"
    assert inside(app.run(), "Folders") == ["a", "b"]
