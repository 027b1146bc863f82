"""Jobs in a real browser, on a real server: what its process imports, two users in one queue, and a killed server."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cxr_core.datasets.demo import write_demo_set
from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import data_set_key, remember_data_set
from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.jobs.device_queue import hold_device, this_machine
from cxr_core.jobs.job import list_jobs
from cxr_core.models.manage import set_default
from cxr_core.models.registry import find_model
from cxr_core.paths import home
from cxr_core.training.run_device import all_jobs
from tests.conftest import REPOSITORY
from tests.support.browser import PATIENCE_MS
from tests.support.served_app.evaluate_page import (
    open_acceptances,
    open_evaluate,
    request_acceptance,
    request_evaluation,
    wait_for_acceptance,
)
from tests.support.served_app.module_report import TABLE_LIBRARIES, loaded_libraries, process_of
from tests.support.served_app.train_page import PROCESS_STARTS_MS, open_view, publish_as, start_run, wait_for_status
from tests.support.server import served
from tests.support.streamlit_page import open_tab, wait_until_drawn
from tests.support.synthetic_chests import write_data_set
from tests.support.waiting import wait_until

JOBS_END_WITHIN = 600.0
KINDS = {"training", "publishing", "conversion", "evaluation", "acceptance", "audit"}


def opened(data: Path) -> Path:
    """A data set, as it was opened on this machine before."""
    remember_data_set(str(data), build_index(data))
    return data


@contextmanager
def tab_of(browser):
    """A user with a browser of their own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_the_server_imports_no_network_library_in_any_journey(browser, tmp_path: Path, cxr_home: Path) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=20)
    site = opened(write_demo_set(tmp_path / "north"))
    report = tmp_path / "report"
    with served(cxr_home, report=report) as address, tab_of(browser) as page:

        def diagnose() -> None:
            page.goto(address)
            page.get_by_role("button", name="Try a sample").click()
            page.get_by_test_id("verdict").first.wait_for(timeout=PROCESS_STARTS_MS)
            assert loaded_libraries(report, TABLE_LIBRARIES) == []

        def train() -> None:
            start_run(page, address, data, epochs=2)
            wait_for_status(page, "finished")

        def publish() -> None:
            publish_as(page, address, "mine")
            set_default(find_model("mine"))

        def evaluate() -> None:
            request_evaluation(page, address, data)
            wait_until(lambda: ended("evaluation"), JOBS_END_WITHIN)  # the page shows the one of publishing before

        def accept() -> None:
            request_acceptance(page, address, site)
            wait_for_acceptance(page)

        def audit() -> None:
            page.goto(f"{address}/dataset?set={data_set_key(str(data))}")
            open_tab(page, "Faults", page.get_by_role("button", name=re.compile("not a frontal chest film$")))
            page.get_by_role("button", name=re.compile("not a frontal chest film$")).click()
            wait_until(lambda: ended("audit"), JOBS_END_WITHIN)

        def convert() -> None:
            page.goto(f"{address}/models?model=mine")
            wait_until_drawn(page, page.get_by_role("button", name="Manage"))
            page.get_by_role("button", name="Manage").click()
            page.get_by_role("button", name="Convert again").click()
            page.get_by_text("Converted mine: over").first.wait_for(timeout=PROCESS_STARTS_MS)

        for journey in (diagnose, train, publish, evaluate, accept, audit, convert):
            journey()
            assert loaded_libraries(report) == [], journey.__name__
    assert {job.kind for job in all_jobs() if job.status == "finished"} == KINDS


def ended(kind: str) -> bool:
    return any(job.kind == kind and not job.live for job in list_jobs())


def test_two_users_jobs_in_one_queue_end_once_though_the_server_is_killed(
    browser, tmp_path: Path, tiny_home: Path
) -> None:
    data, site = opened(tiny_home / "made" / "chest_xray"), opened(write_demo_set(tmp_path / "north"))
    set_default(find_model("tiny"))
    accesses, report = len(read_test_accesses(home())), tmp_path / "report"
    with ExitStack() as devices:
        for device in sorted({"cpu", this_machine()}):
            devices.enter_context(hold_device(device, 0.0, lambda: None))
        with served(tiny_home, report=report) as address, tab_of(browser) as first, tab_of(browser) as second:
            open_view(first, address, "Run")
            first.get_by_label("Publish as").fill("mine")
            first.get_by_role("button", name="Publish", exact=True).click()
            wait_until(lambda: len(list_jobs()) == 1)
            request_evaluation(second, address, data)
            wait_until(lambda: len(list_jobs()) == 2)
            request_acceptance(first, address, site)
            wait_until(lambda: [job.status for job in list_jobs()] == ["queued"] * 3)
            for user in (first, second):
                user.get_by_role("button", name="Jobs: 3 waiting").wait_for()
            requested = [job for job in all_jobs() if job.live]
            devices.close()
            wait_until(lambda: any(job.status != "queued" for job in list_jobs()))
            os.kill(process_of(report), signal.SIGKILL)
    assert [job.kind for job in requested] == ["publishing", "evaluation", "acceptance"]
    with served(tiny_home) as address, tab_of(browser) as first, tab_of(browser) as second:
        wait_until(lambda: not any(job.live for job in list_jobs()), JOBS_END_WITHIN)
        open_view(first, address, "Run")
        first.get_by_text("Published mine, version").first.wait_for()
        evaluated = next(job for job in list_jobs() if job.kind == "evaluation")
        second.goto(f"{address}/evaluate?evaluation={evaluated.result['evaluation']}")
        second.get_by_text("These test films were accessed", exact=False).first.wait_for()
        open_evaluate(first, address, data)
        open_acceptances(first)
        wait_for_acceptance(first)
    jobs = {job.id: job for job in list_jobs()}
    assert [(jobs[job.id].status, jobs[job.id].message) for job in requested if jobs[job.id].status != "finished"] == []
    assert {(job.id, job.pid, job.pid_started) for job in requested} == {
        (job.id, job.pid, job.pid_started) for job in jobs.values()
    }
    for device in ("cpu", "gpu"):
        on_it = [job.id for job in requested if job.device == device]
        assert sorted(on_it, key=lambda job_id: jobs[job_id].ended or 0.0) == on_it
    # publishing and the evaluation access held-out films once each, the acceptance the test films of the site
    assert len(read_test_accesses(home())) == accesses + 3


def test_the_pages_scripts_import_no_network_library(cxr_home: Path) -> None:
    command = [sys.executable, "-m", "tests.support.journeys", "workbench"]
    done = subprocess.run(command, cwd=REPOSITORY, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    jobs, loaded = done.stdout.splitlines()[-2:]
    assert jobs == "jobs: audit evaluation publishing training"
    assert loaded.strip() == "loaded:"
