"""Names from elsewhere on every page in Chromium: nothing is loaded from another server, nothing becomes markup."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cxr_core.access import LOCAL
from cxr_core.datasets.demo import sample_films, write_demo_set
from cxr_core.datasets.dropped_archive import store_dropped
from cxr_core.datasets.index import build_index
from cxr_core.datasets.recent import remember_data_set
from cxr_core.evaluation.owners import delete
from cxr_core.evaluation.store import store_evaluation
from cxr_core.models.manage import retire
from cxr_core.models.registry import find_model
from cxr_core.training.run_actions import retire as retire_run
from tests.browser.test_content_security import REPORT
from tests.support.runs import ended_run
from tests.support.server import served
from tests.support.streamlit_page import wait_until_drawn
from tests.support.synthetic_evaluations import synthetic_evaluation

NAMES = [
    "![x](http:evil.example)",
    "<img src=http:evil.example onerror=window.hit=1>",
    "[a](http:evil.example)",
    "<script>window.hit=1<script>",
    ":material-delete: **b** $x$ ~~c~~",
    "www.evil.example `c` <http:evil.example>",
    "www.evil.example a@evil.example",
    "javascript:window.hit=1",
    "=cmd()",
    "‮evil\u200b",
    "&lt;b&gt; &#60;i&#62;",
]


@pytest.fixture(scope="module")
def hostile_home(tmp_path_factory: pytest.TempPathFactory, trained_home: Path) -> Path:
    """A home whose runs, models, evaluations, data sets, archives and bins have these names."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    shutil.copytree(trained_home, home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(home))
        demo = write_demo_set(home / "demo" / "chest_xray")
        for number, name in enumerate(NAMES):
            run = ended_run(epochs="3")
            (run.folder / "name.txt").write_text(name, encoding="utf-8")
            run.update(message=name, device=name)
            if number % 2:
                retire_run(run)
            data_set = demo.with_name(name)
            shutil.copytree(demo, data_set)
            film = next(data_set.rglob("*.jpeg"))
            film.rename(film.with_name(f"{name}.jpeg"))
            remember_data_set(str(data_set), build_index(data_set))
            store_dropped(f"{name}.zip", name.encode())
            model = home / "models" / name
            shutil.copytree(home / "models" / "tiny", model)
            card = json.loads((model / "card.json").read_text())
            texts = {"summary": name, "intended_use": name, "not_for": [name], "limits": [name], "licence": name}
            (model / "card.json").write_text(json.dumps(card | texts | {"name": name}))
            evaluation = synthetic_evaluation(find_model("tiny"), name, seed=number)
            store_evaluation(evaluation, find_model("tiny"))
            if number % 2:
                delete(evaluation, find_model("tiny"), LOCAL)
        retire(find_model(NAMES[0]))
    return home


def test_names_from_elsewhere_are_only_shown(page: Any, hostile_home: Path, tmp_path: Path) -> None:
    films = []
    for name in NAMES:
        films.append(tmp_path / f"{name}.jpeg")
        shutil.copy(sample_films()[0], films[-1])
    blocked: list[str] = []
    elsewhere: list[str] = []
    page.context.expose_function("reportBlocked", lambda what: blocked.append(what))
    page.context.add_init_script(REPORT)
    with served(hostile_home) as address:
        local = (f"{address}/", f"{address.replace('http', 'ws')}/", "data:", "blob:")
        page.on("request", lambda one: None if one.url.startswith(local) else elsewhere.append(one.url))

        def seen(what: str) -> None:
            assert (blocked, elsewhere) == ([], []), what
            assert page.evaluate("window.hit") is None, what
            live = page.locator("[href*='evil.example'], [src*='evil.example']")
            assert live.count() == 0, what
            assert page.get_by_test_id("stException").count() == 0, what

        page.goto(address)
        page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(films)
        page.locator("canvas.film[data-film]").wait_for()
        seen("Diagnose")
        for heading in ("Dataset", "Train", "Evaluate", "Models"):
            page.goto(f"{address}/{heading.lower()}")
            wait_until_drawn(page, page.get_by_role("heading", name=heading, exact=True, level=1))
            for folded in ("Storage", "Bin ("):
                for control in page.locator("summary", has_text=folded).all():
                    control.click()
                    page.locator("details[open]", has_text=folded).wait_for()
                    wait_until_drawn(page, control)
            seen(heading)
    assert "Traceback" not in (hostile_home / "stderr.txt").read_text()
