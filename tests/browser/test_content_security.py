"""Every page works under the Content Security Policy: nothing is blocked, nothing is loaded from elsewhere."""

from typing import Any

import pytest

from tests.support.streamlit_page import open_tab, wait_until_drawn

REPORT = """document.addEventListener(
  'securitypolicyviolation', event => window.reportBlocked(event.violatedDirective + ' ' + event.blockedURI))"""


@pytest.fixture
def watched(page: Any, address: str) -> Any:
    """The page; fails at the end if its policy blocked something, or if it asked another server for something."""
    blocked: list[str] = []
    elsewhere: list[str] = []
    page.context.expose_function("reportBlocked", lambda what: blocked.append(what))
    page.context.add_init_script(REPORT)
    local = (f"{address}/", f"{address.replace('http', 'ws')}/", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else elsewhere.append(request.url))
    answer = page.goto(address)
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    yield page
    assert (blocked, elsewhere) == ([], [])
    assert page.get_by_test_id("stException").count() == 0


def test_reading_films_violates_no_policy(watched: Any) -> None:
    watched.get_by_role("button", name="Try a sample").click()
    watched.locator("canvas.film[data-film]").wait_for()


def test_a_data_set_violates_no_policy(watched: Any, address: str) -> None:
    watched.goto(f"{address}/dataset")
    watched.get_by_role("button", name="Use the demo set").click()
    wait_until_drawn(watched, watched.get_by_role("tab", name="Overview"))
    open_tab(watched, "Films", watched.get_by_role("searchbox", name="Patient or file"))
    open_tab(watched, "Shortcuts", watched.get_by_text("The median brightness is"))
    open_tab(watched, "Split", watched.get_by_text("Leakage of this split"))


def test_the_other_pages_violate_no_policy(watched: Any, address: str) -> None:
    for path, heading in (("train", "Train"), ("evaluate", "Evaluate"), ("models", "Models")):
        watched.goto(f"{address}/{path}")
        wait_until_drawn(watched, watched.get_by_role("heading", name=heading, exact=True, level=1))
