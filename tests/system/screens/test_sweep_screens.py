"""The Sweeps view of Train in both themes, on a desk and on a phone."""

from collections.abc import Iterator

import pytest

from tests.support.server import served
from tests.support.streamlit_page import wait_until_drawn
from tests.support.sweeps import pretended_sweep
from tests.system.screens.test_accessibility import violations

TRIED = {"size": ["96", "128", "160"], "zoom": ["0.1", "0.2"], "learning_rate": ["0.0003", "0.001"]}


@pytest.fixture(scope="module")
def sweeps(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a home with one sweep."""
    home = tmp_path_factory.mktemp("sweeps") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        pretended_sweep("sweep-1", TRIED, lambda values, seed: 0.7 + int(values[0]) / 1000 - float(values[1]) / 2)
    with served(home) as address:
        yield address


def test_a_sweep_is_accessible_and_fits(sweeps: str, screen) -> None:
    screen.goto(f"{sweeps}/train?view=Sweeps&sweep=sweep-1")
    wait_until_drawn(screen, screen.get_by_text("The best runs together"))
    screen.locator(".parcoords").first.wait_for(state="attached")
    screen.get_by_role("button", name="Publish this one").wait_for()
    assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(screen) == []
