"""A run as its user sees it: started, watched, left alone, found again."""

import re
from pathlib import Path

from cxr_core.training.jobs import kill
from cxr_core.training.runs import Run
from tests.browser.server import served
from tests.chests import write_data_set

FIRST_EPOCH_MS = 240_000


def fill(page, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(value)
    field.press("Tab")


def start_run(page, address: str, data: Path, epochs: int) -> None:
    page.goto(f"{address}/train")
    page.get_by_role("heading", name="Train").wait_for()
    page.get_by_role("radio", name="New run").or_(page.get_by_role("button", name="New run")).first.click()
    page.get_by_label("Data set folder", exact=True).fill(str(data))
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_role("button", name="Start").wait_for()
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="residual-128").click()
    # The former recipe's controls stay on screen until the rerun ends.
    epochs_of_recipe = "[...document.querySelectorAll('input[aria-label=Epochs]')].map(e => e.value).join() === '24'"
    page.wait_for_function(epochs_of_recipe)
    page.get_by_text("All settings").click()
    page.get_by_label("Channels", exact=True).wait_for(state="visible")
    small = {"Batch size": "8", "Input size, pixels": "32", "Channels": "4, 8", "Patience, epochs": "1000"}
    for label, value in ({"Epochs": str(epochs)} | small).items():
        fill(page, label, value)
    page.get_by_role("button", name="Start").click()


def epoch_shown(page) -> int:
    return int(re.search(r"Epoch (\d+) of", page.get_by_text(re.compile(r"Epoch \d+ of")).first.inner_text())[1])


def test_a_run_outlives_tab_and_server_and_a_new_tab_shows_it(browser, tmp_path: Path) -> None:
    data, home = write_data_set(tmp_path / "chest_xray", patients=20), tmp_path / "home"
    with served(home) as address:
        tab = browser.new_page()
        tab.set_default_timeout(60_000)
        start_run(tab, address, data, epochs=999)
        tab.locator(".js-plotly-plot").first.wait_for(timeout=FIRST_EPOCH_MS)
        seen = epoch_shown(tab)
        tab.close()
    run = Run(next((home / "runs").iterdir()))
    try:
        assert run.live
        with served(home) as address:
            tab = browser.new_page()
            tab.set_default_timeout(60_000)
            tab.goto(f"{address}/train")
            tab.get_by_text(re.compile(r"Epoch \d+ of 999")).first.wait_for()
            assert epoch_shown(tab) > seen
            tab.close()
    finally:
        kill(run)
    assert run.state()["status"] in ("stopped", "finished")
