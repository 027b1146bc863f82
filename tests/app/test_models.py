"""The Models page by AppTest: every card is shown, and a message if there is no model."""

import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.jobs.job import list_jobs
from cxr_core.models.registry import find_model
from tests.conftest import REPOSITORY
from tests.jobs.run_here import run_jobs_here
from tests.publishing.test_convert import without_conversion

RELEASED = (REPOSITORY / "models" / "RELEASED").read_text(encoding="utf-8").strip()


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90).run()
    return app.switch_page("pages/models.py")


def test_each_model_shows_its_card(tiny_home: Path, page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [title.value for title in page.title] == ["Models"]
    everything = ""
    for name in page.selectbox(key="model").options:
        page.selectbox(key="model").select(name).run()
        assert not page.exception
        assert [heading.value for heading in page.header] == [name]
        shown = " ".join(text.value for text in [*page.markdown, *page.info, *page.caption])
        assert "**Not for**" in shown
        assert "Of 100 films with pneumonia" in shown
        everything += shown
    assert "Xin et al. 2021" in everything


def test_the_card_says_the_worst_source_first(page: AppTest) -> None:
    page.query_params["model"] = RELEASED
    page.run()
    worst = next(one for one in find_model(RELEASED).card.estimates.by_source if one.source == "rsna_adults").estimates
    pair = f"{100 * worst['sensitivity'].value:.0f} and {100 * worst['specificity'].value:.0f}"
    assert f"at its worst source, rsna\\_adults, {pair}." in page.info[0].value
    assert page.dataframe[0].value["Source"].tolist() == ["rsna_adults", "chest_xray", "all films"]


def test_the_default_can_be_chosen_a_model_renamed_retired_and_brought_back(tiny_home: Path, page: AppTest) -> None:
    page.query_params["model"] = "tiny"
    page.run()
    press(page, "Make it the default")
    assert find_model().name == "tiny"
    page.text_input[0].input("small")
    press(page, "Rename")
    assert find_model().name == "small"
    assert page.session_state["model"] == "small"
    press(page, "Retire")
    assert "make another the default first" in page.error[0].value
    page.selectbox(key="model").select("efficientnet-lite0-160").run()
    press(page, "Make it the default")
    page.selectbox(key="model").select("small").run()
    press(page, "Retire")
    assert "small" not in page.selectbox(key="model").options
    press(page, "Bring back")
    assert "small" in page.selectbox(key="model").options
    assert not page.exception


def press(page: AppTest, label: str) -> None:
    """Click the button and let the page run."""
    next(button for button in page.button if button.label == label).click().run()


def test_a_model_in_the_checkout_shows_folds_failures_and_changes(page: AppTest) -> None:
    released = find_model("efficientnet-lite0-160")
    failures = json.loads((released.known_failures / "failures.json").read_text())
    assert all((released.known_failures / one["picture"]).exists() for one in failures)
    page.query_params["model"] = released.name
    page.run()
    assert not page.exception
    shown = " ".join(text.value for text in page.markdown)
    assert released.version in shown  # the change log speaks of the version that is there
    assert "Known failures" in [expander.label for expander in page.expander]
    assert len(pd.read_csv(released.folds)) == 5
    captions = [picture.proto.imgs[0].caption for picture in page.get("image")]
    assert captions == [one["said"] for one in failures]


def test_without_a_model_there_is_a_message(page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("cxr_core.models.registry.RELEASED_MODELS", tmp_path)
    page.run()
    assert not page.exception
    assert "Train" in page.info[0].value


def test_a_model_that_is_not_converted_is_converted_by_a_job(
    tiny_home: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs_here(monkeypatch)
    without_conversion(find_model("tiny"))
    runs = (tiny_home / "runs").rename(tiny_home / "runs-elsewhere")
    page.query_params["model"] = "tiny"
    page.run()
    assert page.warning[0].value.startswith("It is not converted for reading")
    assert "Convert for reading" not in [button.label for button in page.button]
    assert "Open the data set that it was trained on" in " ".join(text.value for text in page.caption)
    table = find_model("tiny").folder / "split.csv"
    content = table.read_text()
    table.unlink()
    page.run()
    assert page.error[0].value.endswith("is not on this machine.")
    table.write_text(content)
    runs.rename(tiny_home / "runs")
    page.run()
    press(page, "Convert for reading")
    assert not page.exception
    assert not page.warning
    assert page.success[0].value.startswith("Converted tiny: over ")
    press(page, "Convert again")
    assert [job.status for job in list_jobs() if job.kind == "conversion"] == ["finished", "finished"]
