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
    return film | {"beside": None, "others": False, "moving": False, "strip": strip, "words": {}}


COMPONENTS = {"dataset/film_grid": grid, "diagnose/worklist": worklist, "diagnose/viewer": viewer}


@pytest.fixture
def draw(page, request: pytest.FixtureRequest):
    """Calls the component named by the test with a film of that name and data as old as `since`."""
    html, css, script = source(request.param, SCRIPTS if request.param == "diagnose/viewer" else ())
    page.set_content(f"<style>{css}</style>{html}")
    made = COMPONENTS[request.param]
    return lambda name, since: page.evaluate(CALL, [script, {"drawn": [made(name)], "since": since}])


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


AHEAD = """([of, films]) => {
  window.cxrAhead = { of, films }
  document.dispatchEvent(new Event("cxr-ahead"))
}"""
NAMED = """() => {
  const about = document.querySelector("[data-on-screen]").textContent
  const canvas = document.querySelector("canvas.film")
  const veiled = document.querySelector(".viewer").classList.contains("veiled")
  return [about, veiled ? null : canvas.dataset.film, document.body.classList.contains("cxr-stepping")]
}"""


def banner(name: str) -> str:
    return f'<div data-testid="verdict" data-on-screen="{name}">{name}</div>'


@pytest.fixture
def stepping(page, draw):
    """The viewer with the film `one` under its banner, and `two` sent ahead for J; time passes only when told to."""
    page.evaluate(
        "html => document.body.insertAdjacentHTML('beforeend', `<div class=html>${html}</div>`)", banner("one")
    )
    page.clock.install()
    draw("one", 1.0)
    page.locator("canvas.film[data-film=one]").wait_for(state="attached")
    page.evaluate(AHEAD, ["one", {"j": viewer("two") | {"banner": banner("two")}}])
    page.wait_for_function("() => window.component")
    page.wait_for_timeout(100)
    return page


@pytest.mark.parametrize("draw", ["diagnose/viewer"], indirect=True)
def test_j_shows_the_next_film_with_its_banner_at_once_until_the_server_answers(stepping, draw):
    heard = """() => { window.heard = []; addEventListener("keydown", event => window.heard.push(event.key)) }"""
    stepping.evaluate(heard)
    stepping.keyboard.press("j")
    assert stepping.evaluate(NAMED) == ["two", "two", True]
    for key in ("a", "d", "p", "n", "u", "Shift+N", "j"):  # what records a reading waits; what leaves the film does not
        stepping.keyboard.press(key)
    assert [key for key in stepping.evaluate("window.heard") if key != "Shift"] == ["j", "N", "j"]
    stepping.evaluate("html => document.querySelector('.html').innerHTML = html", banner("two"))
    draw("two", 2.0)
    assert stepping.evaluate(NAMED) == ["two", "two", False]
    stepping.keyboard.press("a")
    assert stepping.evaluate("window.heard").count("a") == 1


@pytest.mark.parametrize("draw", ["diagnose/viewer"], indirect=True)
def test_a_step_that_the_server_does_not_answer_is_taken_back(stepping):
    stepping.keyboard.press("j")
    assert stepping.evaluate(NAMED) == ["two", "two", True]
    stepping.clock.fast_forward(10_001)
    assert stepping.evaluate(NAMED) == ["one", "one", False]


@pytest.mark.parametrize("draw", ["diagnose/viewer"], indirect=True)
def test_the_film_before_comes_back_with_its_banner_if_the_server_stays_with_it(stepping, draw):
    stepping.keyboard.press("j")
    draw("one", 2.0)
    assert stepping.evaluate(NAMED) == ["one", "one", False]


@pytest.mark.parametrize("draw", ["diagnose/viewer"], indirect=True)
def test_j_does_nothing_in_a_field_or_without_a_film_ahead(stepping):
    stepping.evaluate("document.body.insertAdjacentHTML('beforeend', '<input id=field>')")
    stepping.locator("#field").focus()
    stepping.keyboard.press("j")
    assert stepping.evaluate(NAMED) == ["one", "one", False]
    stepping.locator("#field").evaluate("field => field.blur()")
    stepping.keyboard.press("k")
    assert stepping.evaluate(NAMED) == ["one", "one", False]
