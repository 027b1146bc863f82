"""The Evaluate page in a real browser: evaluate, move the sliders, compare, mark a label, download the report."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cxr_core.evaluation.run import assess_csv
from cxr_core.evaluation.store import keep
from cxr_core.models.registry import find_model
from tests.support.lists import pick
from tests.support.server import served
from tests.support.synthetic_evaluations import made_up

LONG_MS = 120_000
SETTLES_MS = 5_000


@pytest.fixture(scope="module")
def prepared(browser, models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose home holds an evaluation of the released model and one of another system on the same films."""
    home = tmp_path_factory.mktemp("evaluated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        model = find_model()
        other = home / "vendor.csv"
        made_up(model, seed=1).films[["file", "label", "score", "patient"]].to_csv(other, index=False)
        assess_csv(other, "vendor", "test")
        keep(made_up(model), model)
    with served(home, models) as url:
        yield url


@pytest.fixture
def evaluation(prepared: str, page):
    """The page with the model's evaluation open."""
    open_page(page, prepared)
    pick(page, re.compile("Evaluation"), re.compile("on made, test split"))
    return page


def open_page(page, address: str) -> None:
    """Evaluate, reached as a user does who has the app open."""
    page.set_default_timeout(LONG_MS)
    page.goto(address)
    page.get_by_role("link", name=re.compile("Evaluate$")).first.click()
    page.get_by_role("heading", name="Evaluate", exact=True, level=1).wait_for()


def tab(page, name: str) -> None:
    """Open a tab."""
    page.get_by_role("tab", name=name, exact=True).click()


def sensitivity(page) -> str:
    """What the first tile shows."""
    return page.get_by_test_id("stMetricValue").first.inner_text()


def test_the_demo_set_is_evaluated(address: str, page) -> None:
    open_page(page, address)
    page.get_by_text("New evaluation").wait_for()
    demo = page.get_by_role("button", name="Use the demo set")
    page.wait_for_timeout(SETTLES_MS)  # the expander is open where nothing was evaluated yet
    if not demo.is_visible():
        page.get_by_text("New evaluation").click()
    demo.click()
    pick(page, re.compile("Split"), re.compile("Test split"))
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("These test films were opened", exact=False).first.wait_for()
    assert re.fullmatch(r"[01]\.\d{3}", sensitivity(page))
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 6")


def test_the_sliders_move_the_figures(evaluation) -> None:
    page = evaluation
    before = sensitivity(page)
    slider = page.get_by_role("slider", name=re.compile("Threshold")).first
    slider.focus()
    slider.press("End")
    page.get_by_text("A threshold moved by hand", exact=False).wait_for()
    page.wait_for_function(
        "before => ![undefined, before].includes(document.querySelector('[data-testid=stMetricValue]')?.innerText)",
        arg=before,
    )
    prevalence = page.get_by_role("slider", name=re.compile("Children with pneumonia")).first
    prevalence.focus()
    prevalence.press("Home")
    page.get_by_text(re.compile("Of 100 children like these with the answer normal, 99")).wait_for()


def test_two_systems_are_compared(evaluation) -> None:
    tab(evaluation, "Compare")
    pick(evaluation, "Compare with", re.compile("vendor"))
    evaluation.get_by_text("60 films that both scored").wait_for()
    evaluation.get_by_text("films on which they differ", exact=False).wait_for()


def test_a_label_is_marked_and_figures_are_shown_with_and_without(evaluation) -> None:
    page = evaluation
    tab(page, "Errors")
    page.get_by_text("Label looks wrong").first.click()
    page.get_by_text("1 of these films have a label marked", exact=False).wait_for()
    tab(page, "Figures")
    page.get_by_text("Without contested films").first.wait_for()
    tab(page, "Errors")
    page.get_by_text("Label looks wrong").first.click()
    page.get_by_text("have a label marked", exact=False).wait_for(state="detached")


def test_the_report_is_downloaded_and_opens_with_no_network(evaluation, tmp_path: Path) -> None:
    page = evaluation
    tab(page, "Report")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Report \\(HTML\\)")).click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator("h3").count() == 44
    assert page.locator("svg").count() == 6
    assert [url for url in asked if not url.startswith("file:")] == []
    page.context.set_offline(False)
