"""The Evaluate page in a real browser: evaluate, move the sliders, compare, mark a label, download the report."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxr_core.evaluation.run import evaluate_csv
from cxr_core.evaluation.store import store_evaluation
from cxr_core.models.registry import find_model
from tests.support.server import served
from tests.support.streamlit_page import open_tab, pick, press, tick, wait_until_drawn
from tests.support.synthetic_evaluations import synthetic_evaluation

LONG_MS = 120_000


@pytest.fixture(scope="module")
def prepared(browser, models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with an evaluation of the released model and one of another system on the same films."""
    home = tmp_path_factory.mktemp("evaluated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        model = find_model()
        other = home / "vendor.csv"
        synthetic_evaluation(model, seed=1).films[["file", "label", "score", "patient"]].to_csv(other, index=False)
        evaluate_csv(other, "vendor", "test")
        store_evaluation(synthetic_evaluation(model), model)
    with served(home, models) as url:
        yield url


@pytest.fixture
def evaluation(prepared: str, page):
    """The page with the model's evaluation chosen."""
    open_page(page, prepared)
    pick(page, re.compile("Evaluation"), re.compile("on synthetic, test split"))
    wait_until_drawn(page, page.get_by_text("test log has no access to these test films"))
    return page


def open_page(page, address: str) -> None:
    """Open the page from the first page, as a user does."""
    page.set_default_timeout(LONG_MS)
    page.goto(address)
    page.get_by_role("link", name=re.compile("Evaluate$")).first.click()
    wait_until_drawn(page, page.get_by_role("heading", name="Evaluate", exact=True, level=1))


def sensitivity(page) -> str:
    """The value of the first tile."""
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_the_demo_set_is_evaluated(address: str, page) -> None:
    open_page(page, address)
    page.get_by_text("New evaluation").click()  # closed, since the released model comes with an evaluation
    page.get_by_role("button", name="Use the demo set").click()
    wait_until_drawn(page, page.get_by_role("combobox", name=re.compile("Split")))
    pick(page, re.compile("Split"), re.compile("Test split"))
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("These test films were accessed", exact=False).first.wait_for()
    assert re.fullmatch(r"[01]\.\d{3}", sensitivity(page))
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 6")


def test_the_sliders_change_the_estimates(evaluation) -> None:
    page = evaluation
    before = sensitivity(page)
    slider = page.get_by_role("slider", name=re.compile("Threshold")).first
    press(page, slider, "End", page.get_by_text("Do not report estimates"))
    page.wait_for_function(
        "before => ![undefined, before].includes(document.querySelector('[data-testid=stMetricValue]')?.innerText)",
        arg=before,
    )
    prevalence = page.get_by_role("slider", name=re.compile("Prevalence of pneumonia")).first
    certain = page.get_by_text(re.compile("Of 100 patients like these with the answer normal, 99"))
    press(page, prevalence, "Home", certain)


def test_two_systems_are_compared(evaluation) -> None:
    open_tab(evaluation, "Compare", evaluation.get_by_text("films that both scored"))
    pick(evaluation, "Compare with", re.compile("vendor"))
    evaluation.get_by_text("60 films that both scored").wait_for()
    evaluation.get_by_text("on which they differ", exact=False).wait_for()


def test_a_marked_label_gives_estimates_with_and_without_the_film(evaluation) -> None:
    page = evaluation
    checkbox = page.get_by_text("Label looks wrong")
    open_tab(page, "Errors", checkbox)
    tick(page, "Label looks wrong")
    wait_until_drawn(page, page.get_by_text("1 of these films have a label marked"))
    open_tab(page, "Figures", page.get_by_text("Without contested films"))
    open_tab(page, "Errors", checkbox)
    tick(page, "Label looks wrong", ticked=False)
    page.get_by_text("have a label marked", exact=False).wait_for(state="detached")


def test_the_report_is_downloaded_and_opens_with_no_network(evaluation, tmp_path: Path) -> None:
    page = evaluation
    open_tab(page, "Report", page.get_by_text("structured by the CLAIM checklist"))
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Report \\(HTML\\)")).click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page.context.set_offline(True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    assert page.locator("h3").count() == 44
    assert page.locator("svg").count() == 6
    assert [url for url in requests if not url.startswith("file:")] == []
    page.context.set_offline(False)
