"""A data set is found by going down from the folders that may be opened, by AppTest."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.test_address import page
from tests.support.synthetic_films import kaggle_folder


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
