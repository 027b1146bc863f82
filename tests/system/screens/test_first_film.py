"""A patient's first film on a desk, light and dark: its answer is shown before the page is drawn anew, and stays."""

from typing import Any

import pytest

from cxr_core.datasets.demo import sample_films
from tests.support.streamlit_page import FIRST, IDLE, wait_until_drawn
from tests.system.screens.conftest import DESK, SCREENS

HOLD = """() => {  // from the upload on, the browser tells the server nothing, so that no script run follows it
  const [put, tell] = [XMLHttpRequest.prototype.send, WebSocket.prototype.send]
  let held = null
  XMLHttpRequest.prototype.send = function (...data) { held ??= []; return put.apply(this, data) }
  WebSocket.prototype.send = function (...data) { return held ? held.push([this, data]) : tell.apply(this, data) }
  window.letGo = () => {
    Object.assign(XMLHttpRequest.prototype, { send: put })
    Object.assign(WebSocket.prototype, { send: tell })
    for (const [socket, data] of held) tell.apply(socket, data)
  }
}"""


@pytest.mark.parametrize("screen", [one for one in SCREENS if one[1:] == DESK], indirect=True, ids=lambda one: one[0])
def test_the_answer_comes_before_the_page_and_stays(address: str, screen: Any) -> None:
    first, second = sample_films()[-1], sample_films()[0]
    screen.goto(address)
    screen.locator(IDLE).wait_for()
    screen.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(
        first
    )  # the model is loaded from here on
    wait_until_drawn(screen, screen.locator("canvas.film[data-film]"))
    screen.get_by_role("button", name="Next patient").click()
    wait_until_drawn(screen, screen.get_by_text("Drop one or more chest X-rays"))
    screen.locator("[data-awaited]").wait_for(state="attached")

    screen.evaluate(HOLD)
    screen.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(second)
    screen.locator("canvas.film[data-film]").wait_for()
    verdict = screen.get_by_test_id("verdict")
    early, place = verdict.inner_text(), screen.locator("canvas.film").bounding_box()
    assert screen.locator(FIRST).count() == 1
    assert second.name in early
    assert not screen.get_by_text("Drop one or more chest X-rays").is_visible()
    assert screen.get_by_role("button", name="Next patient").count() == 0

    screen.evaluate("() => window.letGo()")
    wait_until_drawn(screen, screen.get_by_role("button", name="Next patient"))
    assert verdict.inner_text() == early
    now = screen.locator("canvas.film").bounding_box()
    assert (now["x"], now["width"]) == (place["x"], place["width"])
    assert abs(now["y"] - place["y"]) < 40


@pytest.mark.parametrize("screen", [one for one in SCREENS if one[1:] == DESK][:1], indirect=True)
def test_nothing_of_the_patient_before_stays_in_the_viewer(address: str, screen: Any) -> None:
    film = sample_films()[-1]
    screen.goto(address)
    screen.locator(IDLE).wait_for()
    screen.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(film)
    wait_until_drawn(screen, screen.locator("canvas.film[data-film]"))
    screen.get_by_role("button", name="Next patient").click()
    wait_until_drawn(screen, screen.get_by_text("Drop one or more chest X-rays"))
    screen.get_by_text(film.name).first.wait_for(state="detached")
    canvas = screen.locator("canvas.film")
    assert canvas.count() == 1
    assert canvas.evaluate("one => one.width") == 0
    assert canvas.get_attribute("aria-label") is None
