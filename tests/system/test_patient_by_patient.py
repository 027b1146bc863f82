"""Diagnose, patient by patient, in a real browser: the next film, the next patient, another page, a phone."""

from typing import Any

import pytest

from cxr_core.datasets.demo import sample_films
from tests.support.browser import PATIENCE_MS
from tests.support.streamlit_page import IDLE, wait_until_drawn


def drop(page, *films) -> None:
    """Drop films, and wait until the last of them is on screen or listed."""
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(list(films))


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
    wait_until_drawn(page, page.get_by_text("Drop one or more chest X-rays"))
    page.get_by_text(film.name).first.wait_for(state="detached")
    assert page.get_by_test_id("verdict").count() == 0


WATCH = """() => {
  window.mixed = []
  window.drawn = 0
  const look = () => {
    const roots = [...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)
    const canvas = roots.map(root => root.querySelector("canvas.film")).find(Boolean)
    const about = document.querySelector("[data-testid=verdict] .about")?.textContent
    const name = canvas?.dataset.film && canvas.parentElement.querySelector(".name").textContent
    if (name) window.drawn++
    if (about && name && !about.startsWith(name)) window.mixed.push([about, name])
    requestAnimationFrame(look)
  }
  look()
}"""


AGREED = """names => {
  const roots = [...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)
  const one = selector => roots.map(root => root.querySelector(selector)).find(Boolean)
  const name = one("canvas.film[data-film]")?.parentElement.querySelector(".name").textContent
  const about = document.querySelector("[data-testid=verdict] .about")?.textContent
  const listed = one(".row[aria-selected=true] .name")?.textContent
  return names.includes(name) && about?.startsWith(name) && listed === name && !document.body.matches(".cxr-stepping")
}"""


def test_the_verdict_always_belongs_to_the_film_on_screen(address: str, page) -> None:
    """After a drop: the name in the banner and the film that is drawn are compared in every frame."""
    page.goto(address)
    page.evaluate(WATCH)
    first, second = sample_films()[0], sample_films()[-1]
    drop(page, first)
    on_screen(page, first.name)
    drop(page, second)
    on_screen(page, second.name)
    assert page.evaluate("window.mixed") == []
    assert page.get_by_test_id("verdict").get_by_text(second.name).is_visible()


def test_the_verdict_belongs_to_the_film_at_every_step_through_the_list(address: str, page) -> None:
    page.goto(address)
    drop(page, *sample_films())
    page.locator(".worklist .row").nth(len(sample_films()) - 1).wait_for()
    names = page.locator(".worklist .row .name").all_inner_texts()
    page.locator(".worklist .row").nth(1).click()  # not the first, which may be on screen already: nothing to wait for
    on_screen(page, names[1])
    page.evaluate(WATCH)
    for key, at in [("j", 2), ("j", 3), ("k", 2), ("k", 1), ("k", 0), ("j", 1), ("j", 2)]:
        page.keyboard.press(key)
        on_screen(page, names[at])
        page.locator("body:not(.cxr-stepping)").wait_for(state="attached")
        page.locator(IDLE).wait_for()
        assert page.get_by_test_id("verdict").get_by_text(f"{names[at]} · {at + 1} of {len(names)}").is_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")  # before the server has answered the first
    page.wait_for_function(AGREED, arg=names[3:5])
    assert page.evaluate("window.mixed") == []
    assert page.evaluate("window.drawn") > 0


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
    assert phone.locator("input[type=file]:not([webkitdirectory])").first.get_attribute("capture") == "environment"
    film = sample_films()[-1]
    chooser.value.set_files(film)
    on_screen(phone, film.name)
    assert phone.locator("input[type=file]:not([webkitdirectory])").first.get_attribute("capture") is None
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
