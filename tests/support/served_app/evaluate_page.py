"""The Evaluate page in a browser: a data set is opened by its address, a model is evaluated or tested at a site."""

import re
from pathlib import Path

from cxr_core.datasets.recent import data_set_key
from tests.support.served_app.train_page import PROCESS_STARTS_MS
from tests.support.streamlit_page import wait_until_drawn


def open_evaluate(page, address: str, data: Path) -> None:
    """Open the page with a data set that was opened on this machine before, as a new session."""
    page.goto(f"{address}/evaluate?set={data_set_key(str(data))}")
    wait_until_drawn(page, page.get_by_role("heading", name="Evaluate", exact=True, level=1))


def request_evaluation(page, address: str, data: Path) -> None:
    """Start the evaluation of the default model on the split that is offered first."""
    open_evaluate(page, address, data)
    page.get_by_text("New evaluation").click()  # closed, since the released model comes with an evaluation
    wait_until_drawn(page, page.get_by_role("combobox", name=re.compile("Split")))
    page.get_by_role("button", name="Evaluate", exact=True).click()


def request_acceptance(page, address: str, data: Path) -> None:
    """Start a site acceptance of the default model."""
    open_evaluate(page, address, data)
    open_acceptances(page)
    page.get_by_role("button", name="Test", exact=True).click()


def open_acceptances(page) -> None:
    """Show site acceptance on the open page."""
    view = "Site acceptance"
    page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view)).first.click()
    wait_until_drawn(page, page.get_by_text("perform in your hospital as its card states"))


def wait_for_acceptance(page) -> None:
    """Wait until a result is shown."""
    page.get_by_text("Intervals are 95% intervals from resampling").wait_for(timeout=PROCESS_STARTS_MS)
