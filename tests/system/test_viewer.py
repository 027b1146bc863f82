"""The film viewer in a real browser: windows on all values, ruler, orientation, two films, full screen, keys."""

import cv2
import numpy as np
import pytest

from cxr_core.datasets.demo import sample_films
from tests.support.files.dicom_files import dataset, saved
from tests.support.streamlit_page import wait_until_drawn

NAME = "deep.dcm"


def deep_film() -> bytes:
    """A synthetic chest film of 12 bits with a pixel spacing of 0.2 mm."""
    pixels = cv2.resize(cv2.imread(str(sample_films()[-1]), cv2.IMREAD_GRAYSCALE), (900, 1000))
    return saved(dataset(pixels.astype(np.uint16) * 16, 12, ImagerPixelSpacing=[0.2, 0.2]))


@pytest.fixture
def viewer(address: str, page):
    """The page with a DICOM film and two others, the DICOM film on screen."""
    page.goto(address)
    files = [(NAME, deep_film()), *((film.name, film.read_bytes()) for film in sample_films()[:2])]
    payload = [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in files]
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(payload)
    page.get_by_text("of 3", exact=False).first.wait_for()
    page.locator(".worklist .row", has_text=NAME).click()
    page.locator("p.name", has_text=NAME).wait_for()
    wait_until_drawn(page, page.locator("canvas.film[data-film]"))
    return page


def readout(page, text: str):
    """The viewer's readout once it holds this text."""
    found = page.locator("output.readout", has_text=text)
    found.wait_for()
    return found


def test_the_presets_window_all_12_bits(viewer) -> None:
    for key, name in (("2", "lung"), ("3", "bone"), ("4", "mediastinum")):
        viewer.keyboard.press(key)
        readout(viewer, f"{name}, window")
        readout(viewer, "of 12 bits")
    viewer.keyboard.press("1")
    viewer.locator("output.readout:empty").wait_for(state="attached")


def test_the_ruler_measures_in_millimetres_and_is_moved_by_the_arrows(viewer) -> None:
    viewer.keyboard.press("m")
    readout(viewer, "54.0 mm at the detector")  # 30% of 900 pixels of 0.2 mm
    viewer.locator("canvas.film").focus()
    viewer.keyboard.press("ArrowRight")
    assert "54.0 mm" not in viewer.locator("output.readout").inner_text()


def test_the_ruler_measures_in_pixels_where_the_spacing_is_not_known(viewer) -> None:
    viewer.locator(".worklist .row").filter(has_not_text=NAME).first.click()
    viewer.locator("p.name").filter(has_not_text=NAME).first.wait_for()
    wait_until_drawn(viewer, viewer.locator("canvas.film[data-film]"))
    viewer.keyboard.press("m")
    readout(viewer, " pixels")


def test_rotated_mirrored_and_inverted_until_reset(viewer) -> None:
    for key in "rxi":
        viewer.keyboard.press(key)
    readout(viewer, "inverted · rotated 90° · mirrored")
    viewer.keyboard.press("0")
    viewer.locator("output.readout:empty").wait_for(state="attached")


def test_two_films_are_zoomed_together_and_only_one_has_the_verdict(viewer) -> None:
    viewer.keyboard.press("b")
    viewer.locator("canvas.second[data-film]").wait_for()
    viewer.get_by_text("For comparison: ").wait_for()
    assert viewer.locator("canvas.second").get_attribute("data-film") != viewer.locator("canvas.film").get_attribute(
        "data-film"
    )
    viewer.keyboard.press("+")
    readout(viewer, "1.3 x")
    viewer.keyboard.press("b")
    viewer.locator("canvas.second").wait_for(state="hidden")


def test_full_screen_keeps_verdict_name_and_position(viewer) -> None:
    strip = viewer.locator("p.strip")
    assert not strip.is_visible()
    viewer.keyboard.press("f")
    strip.wait_for()
    word = viewer.get_by_test_id("verdict").locator(".word").text_content()
    assert word in strip.inner_text()
    assert NAME in strip.inner_text()
    assert "of 3" in strip.inner_text()
    viewer.keyboard.press("f")


def test_keys_do_nothing_while_a_field_has_focus(viewer) -> None:
    viewer.get_by_role("button", name="Settings").click()
    viewer.get_by_text("Keep my own readings").click()
    viewer.keyboard.press("Escape")
    note = viewer.get_by_placeholder("Note, without names")
    note.wait_for()
    before = viewer.locator("canvas.film").get_attribute("data-film")
    note.press_sequentially("jkirxmbh2+")
    assert note.input_value() == "jkirxmbh2+"
    assert viewer.locator("output.readout").inner_text() == ""
    assert viewer.locator("canvas.film").get_attribute("data-film") == before
    assert viewer.locator("canvas.second").is_hidden()


@pytest.mark.parametrize("page", [(1280, 800)], indirect=True)
def test_the_film_is_at_least_600_pixels_high_at_1280_by_800(viewer) -> None:
    assert viewer.locator("canvas.film").bounding_box()["height"] >= 600


@pytest.mark.parametrize("page", [(390, 844)], indirect=True)
def test_nothing_is_wider_than_a_phone(viewer) -> None:
    assert viewer.evaluate("document.documentElement.scrollWidth") <= 390
    verdict, tools = (viewer.locator(one).bounding_box()["y"] for one in ("[data-testid=verdict]", ".tools"))
    assert verdict < tools
