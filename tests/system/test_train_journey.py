"""A run in a real browser: started, watched, left and found again, stopped, resumed, compared, published, used."""

import re
from pathlib import Path

from cxr_core.datasets.demo import sample_films
from cxr_core.training.run_actions import kill
from cxr_core.training.runs import list_runs
from tests.support.browser import PATIENCE_MS
from tests.support.served_app.train_page import PROCESS_STARTS_MS, open_view, publish_as, start_run, wait_for_status
from tests.support.server import served
from tests.support.streamlit_page import pick
from tests.support.synthetic_chests import write_data_set


def wait_for_epoch(page, after: int, of: int) -> int:
    """Wait until the page shows a later epoch than `after`; return it."""
    page.wait_for_function(
        "([after, of]) => Number(document.body.innerText.match(`Epoch (\\\\d+) of ${of}`)?.[1] ?? 0) > after",
        arg=[after, of],
        timeout=PROCESS_STARTS_MS,
    )
    shown = page.get_by_text(re.compile(rf"Epoch \d+ of {of}")).first.inner_text()
    return int(re.search(r"Epoch (\d+)", shown)[1])


def stop_resume_and_stop(page) -> None:
    """Stop the run, resume it from the epoch it had reached, and stop it again."""
    page.get_by_role("button", name="Stop", exact=True).click()
    wait_for_status(page, "stopped")
    seen = wait_for_epoch(page, after=0, of=999)
    page.get_by_role("button", name="Resume", exact=True).click()
    page.get_by_role("button", name="Stop", exact=True).wait_for(timeout=PROCESS_STARTS_MS)
    wait_for_epoch(page, after=seen, of=999)
    page.get_by_role("button", name="Stop", exact=True).click()
    wait_for_status(page, "stopped")


def compare_two_runs(page, address: str) -> None:
    """Check that three charts have a training and a validation curve of both runs."""
    open_view(page, address, "Compare")
    page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .scatterlayer .trace').length === 12")
    page.get_by_text("Settings that differ").wait_for()


def diagnose_with(page, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Settings").click()
    pick(page, "Model", name)
    page.keyboard.press("Escape")
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(sample_films()[-1])
    page.get_by_test_id("verdict").wait_for(timeout=PROCESS_STARTS_MS)
    page.get_by_text("About the file").click()
    page.get_by_text(re.compile(f"^{name}, version ")).wait_for()


def test_a_run_from_its_start_to_a_diagnosis(browser, tmp_path: Path, cxr_home: Path) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=40)  # 999 epochs outlast the test
    with served(cxr_home) as address:
        tab = browser.new_page()
        tab.set_default_timeout(PATIENCE_MS)
        start_run(tab, address, data, epochs=999)
        tab.locator(".js-plotly-plot").first.wait_for(timeout=PROCESS_STARTS_MS)
        seen = wait_for_epoch(tab, after=0, of=999)
        tab.close()
    [run] = list_runs()
    try:
        assert run.live
        with served(cxr_home) as address:
            tab = browser.new_page()
            tab.set_default_timeout(PATIENCE_MS)
            open_view(tab, address, "Run")
            wait_for_epoch(tab, after=seen, of=999)
            stop_resume_and_stop(tab)
            start_run(tab, address, data, epochs=2)
            wait_for_status(tab, "finished")
            compare_two_runs(tab, address)
            publish_as(tab, address, "mine")
            diagnose_with(tab, address, "mine")
            tab.close()
    finally:
        for one in list_runs():
            kill(one)
    assert run.history()["epoch"].is_unique
