"""What a reader sees, on a desk and a phone, light and dark: one number, for whom, worth what, whose word."""

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.inference.elsewhere import worth_elsewhere
from cxr_core.inference.number import NORMAL_TO, PNEUMONIA_FROM
from cxr_core.models.registry import find_model
from tests.support.files.dicom_files import dataset, saved
from tests.support.streamlit_page import press, wait_until_drawn
from tests.system.screens.conftest import DESK, keep_own_readings

PREVALENCES = ("20", "5", "60")
TOAST = """() => document.querySelector("[data-testid=stApp]").append(
  Object.assign(document.createElement("div"), { textContent: "A message." }))
  ?? document.querySelector("[data-testid=stApp]").lastChild.setAttribute("data-testid", "stToast")"""
PERCENT = re.compile(r"[<>]? ?[0-9.]+%")


def adult_film() -> bytes:
    """A synthetic film whose header says that the patient is 62."""
    pixels = cv2.resize(cv2.imread(str(sample_films()[-1]), cv2.IMREAD_GRAYSCALE), (900, 1000))
    return saved(dataset(pixels.astype(np.uint16) * 16, 12, PatientAge="062Y"))


def drop(page: Any, address: str, *films: tuple[str, bytes]) -> None:
    """Drop films, and wait until the last of them is on screen and the page is at rest."""
    page.goto(address)
    payload = [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in films]
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(payload)
    wait_until_drawn(page, page.locator("canvas.film[data-film]"))


def sample(number: int) -> tuple[str, bytes]:
    """Name and bytes of a sample film."""
    film = sample_films()[number]
    return film.name, film.read_bytes()


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_one_number_and_words_colour_and_sentence_follow_it(address: str, screen, number: int) -> None:
    drop(screen, address, sample(number))
    banner = screen.get_by_test_id("verdict")
    for prevalence in PREVALENCES:
        field = screen.get_by_test_id("stNumberInputField")
        if field.input_value() != prevalence:
            field.fill(prevalence)
            field.press("Enter")
        banner.get_by_text(f"where {prevalence} of 100 patients have it").wait_for()
        wait_until_drawn(screen, screen.get_by_text(f"Where {prevalence} of 100 patients have pneumonia, "))
        number_shown = banner.locator(".number").inner_text().splitlines()[0].strip()
        sentence = screen.get_by_text(f"Where {prevalence} of 100 patients have pneumonia, ").inner_text()
        digits = number_shown.strip("<>% ")
        assert f"{digits} of 100 with a film like this one" in sentence
        share = float(digits) / 100
        verdict = banner.locator(".word").inner_text()
        kind = str(banner.get_attribute("class")).split()[-1]
        assert kind == verdict.lower()
        if verdict == "Normal":
            assert share <= NORMAL_TO
        if verdict == "Pneumonia":
            assert share >= PNEUMONIA_FROM
        shown = PERCENT.findall(screen.locator(".st-key-answer").inner_text())
        assert [one.strip() for one in shown] == [number_shown]


def test_what_it_is_worth_elsewhere_is_one_line_under_the_answer(address: str, screen) -> None:
    drop(screen, address, sample(-1))
    assert screen.get_by_text(worth_elsewhere(find_model())).first.is_visible()


def test_an_adult_is_warned_of_in_the_banner_and_no_sentence_speaks_of_children(address: str, screen) -> None:
    drop(screen, address, ("adult.dcm", adult_film()))
    warning = screen.get_by_test_id("verdict").locator(".warning")
    population = find_model().card.population_years
    if population and population[0] <= 62 < population[1] + 1:
        assert warning.count() == 0
    else:
        assert "an age of 62 years" in warning.inner_text()
    beside = screen.locator(".st-key-about_film").inner_text()
    assert "children" not in beside.replace(worth_elsewhere(find_model()), "")


def test_settings_that_would_change_nothing_are_not_offered(address: str, screen) -> None:
    drop(screen, address, sample(-1))
    screen.get_by_role("button", name="Settings").click()
    panel = screen.get_by_test_id("stPopoverBody")
    panel.get_by_text("Keep my own readings").wait_for()
    for label in ("Operating point", "Accepted error rate"):
        offered = panel.get_by_role("radiogroup", name=label).or_(panel.get_by_role("group", name=label))
        explained = panel.get_by_text(f"{label}: ")
        assert explained.count() or offered.get_by_role("radio").or_(offered.get_by_role("button")).count() > 1


def test_the_next_patient_leaves_nothing_of_the_last(address: str, screen) -> None:
    drop(screen, address, sample(-1))
    screen.get_by_role("button", name="Next patient").click()
    wait_until_drawn(screen, screen.get_by_text("Drop one or more chest X-rays"))
    screen.get_by_text(sample(-1)[0]).first.wait_for(state="detached")
    assert screen.get_by_test_id("verdict").count() == 0


def test_the_worklist_starts_at_the_most_urgent_film(address: str, screen) -> None:
    drop(screen, address, *(sample(number) for number in range(len(sample_films()))))
    rows = screen.locator(".worklist .row")
    rows.nth(len(sample_films()) - 1).wait_for()
    screen.locator("[data-testid=stProgress]").wait_for(state="detached")
    wait_until_drawn(screen, screen.get_by_text(f"1 of {len(sample_films())}").first)
    assert rows.first.get_attribute("aria-selected") == "true"
    numbers = [float(text.strip("<>% ")) for text in screen.locator(".worklist .number").all_inner_texts() if text]
    assert numbers == sorted(numbers, reverse=True)


def test_messages_are_dark_in_the_reading_room(address: str, screen) -> None:
    drop(screen, address, ("broken.jpg", b"x"), sample(-1))
    screen.get_by_text("could not be read").first.wait_for()
    screen.evaluate(TOAST)
    screen.get_by_role("button", name="Settings").click()
    press(screen, screen.get_by_role("combobox", name="Model"), "ArrowDown", screen.get_by_role("listbox"))
    for place in ("stApp", "stExpander", "stToast", "stSelectboxVirtualDropdown"):
        colour = screen.get_by_test_id(place).first.evaluate("one => getComputedStyle(one).backgroundColor")
        assert max(map(float, re.findall(r"[0-9.]+", colour)[:3])) < 64, (place, colour)


def test_the_readers_word_is_measured(own_readings: str, screen) -> None:
    screen.goto(own_readings)
    keep_own_readings(screen)
    screen.get_by_text("Your readings", exact=True).click()
    wait_until_drawn(screen, screen.get_by_text("Right, where you know the truth"))
    for text in ("of 40 films (", "95% interval", "With the model's answer the median is", "both were right on"):
        assert screen.get_by_text(text, exact=False).first.is_visible(), text
    assert screen.evaluate("document.documentElement.scrollWidth") <= screen.viewport_size["width"]
    with screen.expect_download() as download:
        screen.get_by_role("button", name="Your readings as CSV").click()
    rows = Path(download.value.path()).read_text().splitlines()
    assert len(rows) == 41
    assert {"seconds", "probability_here", "prevalence", "truth", "model_right"} <= set(rows[0].split(","))


@pytest.mark.parametrize("page", [DESK], indirect=True)
def test_a_truth_is_entered_beside_the_film(cold_server, page) -> None:
    with cold_server() as address:
        page.goto(address)
        keep_own_readings(page)
        page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(sample_films()[-1])
        wait_until_drawn(page, page.get_by_role("button", name="Agree").or_(page.get_by_role("button", name="Unsure")))
        page.get_by_role("button", name="Agree").or_(page.get_by_role("button", name="Normal")).first.click()
        truth = page.get_by_text("The truth, once you know it")
        wait_until_drawn(page, truth)
        page.get_by_role("radio", name="Normal").or_(page.get_by_role("button", name="Normal", exact=True)).last.click()
        page.get_by_text("Your readings", exact=True).click()
        page.get_by_text("By your latest reading of each film").wait_for()
