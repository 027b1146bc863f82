"""The Train page in a browser: a run is started, waited for and published."""

import re
from pathlib import Path

from tests.support.streamlit_page import pick, wait_until_drawn

PROCESS_STARTS_MS = 240_000  # a separate process imports TensorFlow


def fill(page, label: str, value: str) -> None:
    """Fill the field and leave it."""
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def open_view(page, address: str, view: str) -> None:
    """Open a view of the page, as a new session."""
    page.goto(f"{address}/train")
    wait_until_drawn(page, page.get_by_role("heading", name="Train"))
    name = re.compile(f"{view}$")  # an icon's name stands before it
    page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first.click()


def start_run(page, address: str, data: Path, epochs: int) -> None:
    """Start a run of a small network on a data set."""
    open_view(page, address, "New run")
    page.get_by_label("Data set folder", exact=True).fill(str(data))
    page.get_by_test_id("stForm").get_by_role("button", name="Open", exact=True).click()
    wait_until_drawn(page, page.get_by_role("button", name="Start"))
    pick(page, "Recipe", "residual-128")
    # The controls of the previous recipe stay on the screen until the script run ends.
    epochs_of_recipe = "[...document.querySelectorAll('input[aria-label=Epochs]')].map(e => e.value).join() === '24'"
    page.wait_for_function(epochs_of_recipe)
    page.get_by_text("All settings").click()
    page.get_by_label("Channels", exact=True).wait_for(state="visible")
    small = {"Batch size": "8", "Input size, pixels": "32", "Channels": "4, 8", "Patience, epochs": "1000"}
    for label, value in ({"Epochs": str(epochs)} | small).items():
        fill(page, label, value)
    page.get_by_role("button", name="Start").click()


def wait_for_status(page, status: str) -> None:
    """Wait until the run's badge says so."""
    page.locator(".stMarkdownBadge", has_text=re.compile(rf"{status}$")).wait_for(timeout=PROCESS_STARTS_MS)


def publish_as(page, address: str, name: str) -> None:
    """Publish the run that is shown, and wait for the model."""
    open_view(page, address, "Run")
    page.get_by_label("Publish as").fill(name)
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text(f"Published {name}, version").wait_for(timeout=PROCESS_STARTS_MS)
