"""Diagnose, patient by patient, in a real browser: the next film, the next patient, another page, a phone."""

from typing import Any

import pytest

from cxr_core.datasets.demo import sample_films
from tests.support.browser import PATIENCE_MS
from tests.support.streamlit_page import wait_until_drawn


def drop(page, *films) -> None:
    """Drop films, and wait until the last of them is on screen or listed."""
    page.locator("input[type=file]").first.set_input_files(list(films))


def on_screen(page, name: str) -> None:
    """Wait until this film is on screen and the page is at rest."""
    page.locator("p.name", has_text=name).wait_for()
    wait_until_drawn(page, page.locator("canvas.film[data-film]"))


def test_films_survive_another_page_and_end_with_the_next_patient(address: str, page) -> None:
    film = sample_films()[-1]
    page.goto(address)
    drop(page, film)
    on_screen(page, film.name)
    page.get_by_role("link", name="Models").click()
    page.get_by_role("heading", name="Models").wait_for()
    page.get_by_role("link", name="Diagnose").click()
    on_screen(page, film.name)
    page.keyboard.press("Shift+N")
    page.get_by_text("Drop one or more chest X-rays").wait_for()
    assert page.get_by_test_id("verdict").count() == 0
    assert page.get_by_text(film.name).count() == 0


def test_the_verdict_always_belongs_to_the_film_on_screen(address: str, page) -> None:
    """After a drop: the name in the banner and the film that is drawn are compared in every frame."""
    page.goto(address)
    page.evaluate("""() => {
      window.mixed = []
      const look = () => {
        const roots = [...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)
        const canvas = roots.map(root => root.querySelector("canvas.film")).find(Boolean)
        const about = document.querySelector("[data-testid=verdict] .about")?.textContent
        const name = canvas?.dataset.film && canvas.parentElement.querySelector(".name").textContent
        if (about && name && !about.startsWith(name)) window.mixed.push([about, name])
        requestAnimationFrame(look)
      }
      look()
    }""")
    first, second = sample_films()[0], sample_films()[-1]
    drop(page, first)
    on_screen(page, first.name)
    drop(page, second)
    on_screen(page, second.name)
    assert page.evaluate("window.mixed") == []
    assert page.get_by_test_id("verdict").get_by_text(second.name).is_visible()


@pytest.fixture
def phone(browser: Any):
    """A tab of a phone: 390 pixels wide, touched instead of clicked."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_a_phone_takes_a_picture_with_its_camera(address: str, phone) -> None:
    phone.goto(address)
    camera = phone.get_by_role("button", name="Take a picture of a film")
    camera.wait_for()
    wait_until_drawn(phone, camera)
    with phone.expect_file_chooser() as chooser:
        camera.click()
    assert phone.locator("input[type=file]").first.get_attribute("capture") == "environment"
    film = sample_films()[-1]
    chooser.value.set_files(film)
    on_screen(phone, film.name)
    assert phone.locator("input[type=file]").first.get_attribute("capture") is None
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
