"""The Models page by AppTest: every card is shown, and a message if there is no model."""

import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.models.registry import find_model
from tests.conftest import REPOSITORY


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90).run()
    return app.switch_page("pages/models.py")


def test_each_model_shows_its_card(tiny_home: Path, page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Models"]
    names = [heading.value for heading in page.subheader]
    assert "tiny" in names
    shown = " ".join(text.value for text in page.markdown)
    assert "Intended use" in shown
    assert "Xin et al. 2021" in shown


def test_a_model_in_the_checkout_shows_folds_failures_and_changes(page: AppTest) -> None:
    released = find_model("efficientnet-lite0-160")
    failures = json.loads((released.known_failures / "failures.json").read_text())
    assert all((released.known_failures / one["picture"]).exists() for one in failures)
    page.run()
    assert not page.exception
    shown = " ".join(text.value for text in page.markdown)
    assert released.version in shown  # the change log speaks of the version that is there
    assert "Known failures" in shown
    assert len(pd.read_csv(released.folds)) == 5
    captions = [picture.proto.imgs[0].caption for picture in page.get("image")]
    assert captions == [one["said"] for one in failures]


def test_without_a_model_there_is_a_message(page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cxr_core.models.registry.RELEASED_MODELS", tmp_path)
    page.run()
    assert not page.exception
    assert "Train" in page.info[0].value
