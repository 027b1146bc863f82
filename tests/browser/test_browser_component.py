"""Custom components draw the newest data, in whatever order Streamlit sends them."""

import pytest

from cxr_core.app.components.browser_component import source
from cxr_core.app.diagnose.film_view import SCRIPTS

PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
CALL = """async ([script, data]) => {
  window.component ??= await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
  window.calls ??= []
  window.calls.push(window.component.default({ data, parentElement: document.body, setTriggerValue() {} }))
}"""


def grid(name: str) -> dict:
    return {"columns": 6, "films": [{"path": name, "name": name, "label": "NORMAL", "about": "", "fault": "none"}]}


def worklist(name: str) -> dict:
    row = {"key": name, "name": name, "verdict": "normal", "sign": "", "word": "", "number": "", "sha256": ""}
    return {"rows": [row], "chosen": name}


def viewer(name: str) -> dict:
    film = {
        "film": name,
        "name": "",
        "picture": PIXEL,
        "width": 1,
        "height": 1,
        "values": None,
        "heat": None,
        "alt": name,
    }
    strip = {"sign": "", "word": "", "verdict": "", "position": ""}
    return film | {"beside": None, "others": False, "moving": False, "strip": strip}


COMPONENTS = {"dataset/film_grid": grid, "diagnose/worklist": worklist, "diagnose/viewer": viewer}


@pytest.fixture
def draw(page, request: pytest.FixtureRequest):
    """Calls the component named by the test with a film of that name and data as old as `since`."""
    html, css, script = source(request.param, SCRIPTS if request.param == "diagnose/viewer" else ())
    page.set_content(f"<style>{css}</style>{html}")
    return lambda name, since: page.evaluate(CALL, [script, COMPONENTS[request.param](name) | {"since": since}])


@pytest.mark.parametrize("draw", COMPONENTS, indirect=True)
def test_older_data_that_arrive_last_are_not_drawn(page, draw):
    draw("newer", 2.0)
    draw("older", 1.0)
    assert page.locator("[title=older], [aria-label=older]").count() == 0
    assert page.locator("[title=newer], [aria-label=newer]").count() == 1
    draw("newest", 3.0)
    assert page.locator("[title=newest], [aria-label=newest]").count() == 1


@pytest.mark.parametrize("draw", ["diagnose/viewer"], indirect=True)
def test_the_end_of_an_overtaken_call_keeps_the_keyboard_shortcuts(page, draw):
    draw("first", 1.0)
    draw("second", 2.0)
    page.evaluate("calls[0]()")
    page.keyboard.press("i")
    assert page.get_by_role("button", name="Invert").get_attribute("aria-pressed") == "true"
    page.evaluate("calls[1]()")
    page.keyboard.press("i")
    assert page.get_by_role("button", name="Invert").get_attribute("aria-pressed") == "true"
