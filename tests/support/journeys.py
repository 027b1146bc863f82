"""Journeys of a reader, each run in a process of its own, that report which modules they loaded.

python -m tests.support.journeys NAME
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films, write_demo_set
from cxr_core.paths import REPOSITORY, home
from cxr_core.training.run_device import all_jobs
from tests.support.synthetic_chests import write_data_set
from tests.support.waiting import wait_until

HEAVY = ("tensorflow", "keras", "jax", "torch")


def predict() -> None:
    """Read the sample films on the command line, with heatmaps and a table."""
    with TemporaryDirectory() as folder:
        films = [str(path) for path in sample_films()]
        outputs = ["--heatmaps", f"{folder}/heat", "--csv", f"{folder}/films.csv"]
        assert main(["predict", *films, *outputs]) == 0


def evaluate() -> None:
    """Evaluate the released model on the demo set."""
    with TemporaryDirectory() as folder:
        data = write_demo_set(Path(folder) / "chest_xray")
        assert main(["evaluate", str(data), "--split", "test", "--out", f"{folder}/out"]) == 0


def accept() -> None:
    """Test the released model's acceptance at a site."""
    with TemporaryDirectory() as folder:
        data = write_demo_set(Path(folder) / "chest_xray")
        assert main(["evaluate", str(data), "--accept", "--out", f"{folder}/out"]) == 0


def audit() -> None:
    """Run the gate on the demo set."""
    with TemporaryDirectory() as folder:
        assert main(["index", str(write_demo_set(Path(folder) / "chest_xray")), "--gate"]) == 0


def diagnose() -> None:
    """Read the sample films on the page."""
    from streamlit.testing.v1 import AppTest

    page = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=300).run()
    next(button for button in page.button if button.label == "Try a sample").click().run()
    assert not page.exception, page.exception[0].message
    assert len(page.session_state["results"]) == len(sample_films())


def workbench() -> None:
    """On the pages: preview, train, publish, evaluate and audit, each to its end, in the home of CXR_HOME."""
    from streamlit.testing.v1 import AppTest

    data = write_data_set(home() / "films" / "chest_xray", patients=20)

    def open_page(name: str, **state: object) -> AppTest:
        page = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=600)
        page.switch_page(f"pages/{name}.py")
        for key, value in ({"data_folder": str(data)} | state).items():
            page.session_state[key] = value
        page.run()
        return page

    def press(page: AppTest, label: str) -> None:
        next(button for button in page.button if button.label == label).click().run()
        assert not page.exception, page.exception[0].message
        assert not page.error, page.error[0].value
        wait_until(lambda: not any(job.live for job in all_jobs()), seconds=600)
        failed = [job for job in all_jobs() if job.status != "finished"]
        assert not failed, failed[0].message
        page.run()

    page = open_page("train", train_view="New run")
    next(one for one in page.selectbox if one.label == "Recipe").select("residual-128").run()
    for label, value in {"Epochs": 1, "Input size, pixels": 32}.items():
        next(one for one in page.number_input if one.label == label).set_value(value)
    next(one for one in page.text_input if one.label == "Channels").set_value("4, 8")
    press(page, "Preview augmentation")
    press(page, "Start")
    page = open_page("train", train_view="Runs")
    next(one for one in page.text_input if one.label == "Publish as").set_value("mine")
    press(page, "Publish")
    page = open_page("evaluate", evaluate_models=["mine"])
    page.selectbox(key="evaluate_split").select("all").run()
    press(page, "Evaluate")
    press(open_page("dataset", dataset_tab="Faults"), "Find what is not a frontal chest film")
    open_page("models")
    print("jobs:", *sorted(job.kind for job in all_jobs()))


if __name__ == "__main__":
    {one.__name__: one for one in (predict, evaluate, accept, audit, diagnose, workbench)}[sys.argv[1]]()
    print("loaded:", *sorted(set(HEAVY) & set(sys.modules)))
