"""Journeys of a reader, each run in a process of its own, that report which modules they loaded.

python -m tests.support.journeys NAME
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cxr_core.cli.main import main
from cxr_core.datasets.demo import sample_films, write_demo_set
from cxr_core.paths import REPOSITORY

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


if __name__ == "__main__":
    {one.__name__: one for one in (predict, evaluate, accept, audit, diagnose)}[sys.argv[1]]()
    print("loaded:", *sorted(set(HEAVY) & set(sys.modules)))
