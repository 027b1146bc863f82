"""Names and messages of other people's files reach a page through one door, and never as Markdown."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.training.runs import Run
from tests.conftest import REPOSITORY
from tests.support.runs import ended_run

IMAGE = "![x](http://evil.example/x.png)"
FILE_NAME = "![x](http:evil.example)"
DRAWN = ("markdown", "caption", "error", "warning", "info", "success", "header", "subheader")
SENTENCES = {"str(error)", "error", "message", "reason", "warning"}
DRAWING = {"write", "markdown", "caption", "error", "warning", "info", "success", "toast", "metric", "badge", "spinner"}


def text_of(app: AppTest) -> str:
    """Everything that a page has drawn as Markdown."""
    assert not app.exception
    return "\n".join(one.value for kind in DRAWN for one in app.get(kind))


def page(name: str) -> AppTest:
    app = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90)
    return app.switch_page(f"pages/{name}.py")


@pytest.fixture
def hostile_run() -> Run:
    run = ended_run()
    config = run.folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"data": f"/films/{IMAGE}"}))
    run.update(message=IMAGE, device=IMAGE)
    folder = run.folder.rename(run.folder.with_name(f"{run.id}-{FILE_NAME}"))
    return Run(folder)


def test_a_run_from_elsewhere(hostile_run: Run) -> None:
    app = page("train").run()
    shown = text_of(app)
    assert "evil.example" in shown
    assert "![" not in shown
    assert not re.search(r"(?<!\\)\]\(", shown)


def test_a_model_from_elsewhere(tiny_home: Path) -> None:
    folder = tiny_home / "models" / "tiny"
    card = json.loads((folder / "card.json").read_text())
    texts = {"summary": IMAGE, "intended_use": IMAGE, "not_for": [IMAGE], "limits": [IMAGE], "licence": IMAGE}
    (folder / "card.json").write_text(json.dumps(card | texts))
    shutil.move(folder, folder.with_name(FILE_NAME))
    models = page("models")
    models.query_params["model"] = FILE_NAME
    shown = text_of(models.run())
    assert "evil.example" in shown
    assert "![" not in shown
    assert not re.search(r"(?<!\\)\]\(", shown)


@pytest.mark.parametrize("name", ["dataset", "train"])
def test_a_data_set_that_does_not_exist(name: str, tmp_path: Path) -> None:
    app = page(name)
    app.session_state["train_view"] = "New run"
    app.session_state["data_folder"] = str(tmp_path / FILE_NAME)
    shown = text_of(app.run())
    assert "evil.example" in shown
    assert "![" not in shown


def test_no_page_draws_an_error_without_the_door() -> None:
    """`st.error(str(error))` and the like, in any call that draws Markdown."""
    found = []
    for file in [*(REPOSITORY / "cxr_core" / "app").rglob("*.py"), *(REPOSITORY / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            drawing = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DRAWING
            if drawing and node.args and ast.unparse(node.args[0]) in SENTENCES:
                found.append(f"{file.name}:{node.lineno}")
    assert found == []
