"""Diagnose on a desk and on a phone, light and dark: the answer, the film, the controls, and what is transferred."""

from typing import Any

import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.models.registry import list_models
from tests.support.streamlit_page import IDLE, wait_until_drawn
from tests.system.screens.conftest import DESK, PHONE

FIRST_LOAD_BYTES = 3_000_000  # Streamlit alone sends as much where its scripts are not compressed
SLOW_BYTES_A_SECOND = 400_000 / 8
SLOW_PATIENCE_MS = 300_000
CONTRAST = """button => {
  const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  const light = colour => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(channel)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const opaque = colour => !/^rgba\\(.*, 0\\)$|^transparent$/.test(colour)
  let below = button
  while (below.parentElement && !opaque(getComputedStyle(below).backgroundColor)) below = below.parentElement
  const drawn = button.querySelector("svg, span") ?? button
  const [a, b] = [getComputedStyle(drawn).color, getComputedStyle(below).backgroundColor].map(light)
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}"""


def read_one(page, address: str):
    """Drop one sample film, and wait until its answer and its picture are drawn."""
    film = sample_films()[-1]
    page.goto(address)
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(film)
    page.locator("p.name", has_text=film.name).wait_for()
    wait_until_drawn(page, page.locator("canvas.film[data-film]"))
    return film


def test_the_banner_names_film_position_and_model_and_comes_first(address: str, screen) -> None:
    film = read_one(screen, address)
    verdict, canvas, tools = (screen.locator(one) for one in ("[data-testid=verdict]", "canvas.film", ".viewer .tools"))
    about = verdict.locator(".about").inner_text()
    assert about.startswith(f"{film.name} · 1 of 1 · ")
    assert any(model.name in about for model in list_models())
    answer, picture, controls = (one.bounding_box() for one in (verdict, canvas, tools))
    assert answer["y"] < min(picture["y"], controls["y"])
    assert answer["y"] + answer["height"] <= screen.viewport_size["height"]
    assert screen.evaluate("document.documentElement.scrollWidth") <= screen.viewport_size["width"]
    if screen.viewport_size["width"] == DESK[0]:
        assert picture["height"] >= 600
    else:
        assert picture["y"] < controls["y"]


def test_the_button_that_removes_a_film_can_be_seen(address: str, screen) -> None:
    read_one(screen, address)
    screen.get_by_text("Add films").click()
    remove = screen.locator("[data-testid=stFileChipDeleteBtn] button").first
    wait_until_drawn(screen, remove)
    assert remove.is_visible()
    assert remove.evaluate(CONTRAST) >= 3  # WCAG 1.4.11


def transferred(page) -> dict[str, int]:
    """Counts the bytes that this tab receives, as they are on the wire, headers included."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    counted = {"bytes": 0}

    def count(event: dict[str, Any]) -> None:
        counted["bytes"] += max(0, int(event["encodedDataLength"]))

    devtools.on("Network.loadingFinished", count)
    devtools.on("Network.webSocketFrameReceived", lambda event: count({"encodedDataLength": _size(event)}))
    return counted


def _size(event: dict[str, Any]) -> int:
    return len(event["response"]["payloadData"])


def test_the_first_load_is_under_3_megabytes(address: str, screen) -> None:
    counted = transferred(screen)
    screen.goto(address)
    wait_until_drawn(screen, screen.get_by_text("Drop one or more chest X-rays"))
    screen.wait_for_load_state("networkidle")
    assert 0 < counted["bytes"] < FIRST_LOAD_BYTES


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_phone_at_400_kilobits_a_second_gets_an_answer(address: str, page) -> None:
    page.set_default_timeout(SLOW_PATIENCE_MS)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    slow = {"downloadThroughput": SLOW_BYTES_A_SECOND, "uploadThroughput": SLOW_BYTES_A_SECOND, "latency": 200}
    devtools.send("Network.emulateNetworkConditions", {"offline": False} | slow)
    page.goto(address, wait_until="commit", timeout=SLOW_PATIENCE_MS)
    page.locator("input[type=file]:not([webkitdirectory])").first.wait_for(state="attached")
    page.locator(IDLE).wait_for()
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(sample_films()[-1])
    verdict = page.get_by_test_id("verdict")
    verdict.wait_for()
    assert sample_films()[-1].name in verdict.inner_text()
    page.locator("canvas.film[data-film]").wait_for()
