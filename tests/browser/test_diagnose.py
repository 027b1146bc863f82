"""The Diagnose page in a real browser: drop films, read the verdicts, use the film viewer."""

import json
import shutil
from pathlib import Path

import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.labels import SYNTHETIC_FILM, VERDICTS
from cxr_core.languages import in_language, message
from cxr_core.models.registry import find_model
from tests.support.files.hostile_files import MAKERS, hostile_files, zipped
from tests.support.server import served
from tests.support.streamlit_page import FIRST, pick, wait_until_drawn

MEAN_OF_MIDDLE = """() => {
  const canvas = document.querySelector("canvas.film") ?? [...document.querySelectorAll("*")]
    .map(e => e.shadowRoot?.querySelector("canvas.film")).find(Boolean)
  const [w, h] = [canvas.width, canvas.height]
  const data = canvas.getContext("2d").getImageData(w / 4, h / 4, w / 2, h / 2).data
  let [grey, colour] = [0, 0]
  for (let i = 0; i < data.length; i += 4) { grey += data[i + 1]; colour += Math.abs(data[i] - data[i + 2]) }
  return [grey / (data.length / 4), colour / (data.length / 4)]
}"""


def drop(page, *files: Path | tuple[str, bytes]) -> None:
    """Select files in the upload control, as a user does with the file dialogue."""
    payload = [
        file if isinstance(file, Path) else {"name": file[0], "mimeType": "image/jpeg", "buffer": file[1]}
        for file in files
    ]
    page.locator("input[type=file]:not([webkitdirectory])").first.set_input_files(payload)


def pneumonia_film() -> Path:
    """A sample film of bacterial pneumonia that has a heatmap."""
    return next(film for film in sample_films() if "bacteria" in film.name)


def verdict(page) -> str:
    """The verdict on screen."""
    return page.get_by_test_id("verdict").locator(".word").inner_text()


def wait_for_film(page) -> None:
    """Wait until a film is drawn by the script run that follows its upload."""
    page.locator("canvas.film[data-film]").wait_for()
    page.locator(FIRST).wait_for(state="detached")


def test_a_dropped_film_gets_a_verdict_and_is_drawn(address: str, page) -> None:
    page.goto(address)
    drop(page, sample_films()[-1])
    wait_for_film(page)
    assert verdict(page) in VERDICTS.values()
    page.get_by_text(SYNTHETIC_FILM).wait_for()
    assert page.get_by_role("img", name="Chest X-ray").count() == 1


def test_a_real_film_gets_a_verdict(address: str, page, real_films: Path) -> None:
    film = sorted((real_films / "chest_xray/val/PNEUMONIA").glob("*.jpeg"))[0]
    page.goto(address)
    drop(page, film)
    wait_for_film(page)
    assert verdict(page) in VERDICTS.values()


def test_the_viewer_is_controlled_by_keys(address: str, page) -> None:
    page.goto(address)
    page.get_by_role("button", name="Try a sample").click()
    page.get_by_text("of 6", exact=False).first.wait_for()
    wait_for_film(page)
    page.wait_for_function("() => !document.querySelector('[data-testid=stProgress]')")
    film = page.locator("canvas.film")
    wait_until_drawn(page, film)
    page.keyboard.press("h")
    grey, colour = page.evaluate(MEAN_OF_MIDDLE)
    assert colour < 1
    page.keyboard.press("i")
    inverted, _ = page.evaluate(MEAN_OF_MIDDLE)
    assert abs(grey + inverted - 255) < 3
    page.keyboard.press("i")
    page.keyboard.press(".")
    page.locator("output.readout", has_text="of 8 bits").wait_for()
    darker, _ = page.evaluate(MEAN_OF_MIDDLE)
    assert darker < grey
    page.keyboard.press("0")
    page.keyboard.press("+")
    assert "1.3 x" in page.locator("output.readout").inner_text()
    page.keyboard.press("0")
    assert abs(page.evaluate(MEAN_OF_MIDDLE)[0] - grey) < 0.5
    before = film.get_attribute("data-film")
    page.keyboard.press("j")
    page.locator(f"canvas.film:not([data-film='{before}'])").wait_for()


def test_the_opacity_slider_shows_the_heatmap(address: str, page) -> None:
    page.goto(address)
    drop(page, pneumonia_film())
    wait_for_film(page)
    slider = page.get_by_label("Heatmap opacity")
    colours = []
    for opacity in ("0", "50", "100"):
        slider.fill(opacity)
        colours.append(page.evaluate(MEAN_OF_MIDDLE)[1])
    assert colours[0] < 1 < colours[1] < colours[2]


def test_downloads(address: str, page) -> None:
    page.goto(address)
    page.get_by_role("button", name="Try a sample").click()
    page.get_by_text("of 6", exact=False).first.wait_for()
    page.wait_for_function("() => !document.querySelector('[data-testid=stProgress]')")
    page.get_by_role("button", name="Export").click()
    for name, start in (("This film as PDF", b"%PDF"), ("All films as PDF", b"%PDF"), ("All films as CSV", b"file,")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name).click()
        assert Path(download.value.path()).read_bytes().startswith(start)
    with page.expect_download() as download:
        page.get_by_role("button", name="All films as JSON").click()
    assert len(json.loads(Path(download.value.path()).read_text())["films"]) == 6


def test_a_zip_is_read_and_its_films_are_filtered_by_verdict(address: str, page) -> None:
    page.goto(address)
    drop(page, ("films.zip", zipped({path.name: path.read_bytes() for path in sample_films()})))
    rows = page.locator(".worklist .row")
    rows.nth(len(sample_films()) - 1).wait_for()
    page.get_by_role("button", name="Normal").click()
    rows.nth(0).locator("xpath=self::*[contains(@class, 'normal')]").wait_for()
    assert 0 < rows.count() < len(sample_films())
    assert page.locator(".worklist .row:not(.normal)").count() == 0


def test_blinded_reading(cold_server, page) -> None:
    with cold_server() as address:
        page.goto(address)
        page.get_by_role("button", name="Settings").click()
        page.get_by_text("Keep my own readings").click()
        page.locator("input[aria-label='Ask for my reading first']:not([disabled])").wait_for(state="attached")
        page.get_by_text("Ask for my reading first").click()
        page.locator("input[aria-label='Ask for my reading first']:checked").wait_for(state="attached")
        page.keyboard.press("Escape")
        drop(page, pneumonia_film())
        page.get_by_test_id("verdict").get_by_text("Your reading first").wait_for()
        wait_for_film(page)
        wait_until_drawn(page, page.get_by_role("button", name="Normal"))  # its key works from then on
        assert not page.get_by_label("Heatmap opacity").is_visible()
        page.keyboard.press("n")
        page.get_by_text("Your reading: normal").wait_for()
        page.get_by_text("Your reading first").first.wait_for(state="detached")
        assert verdict(page) in VERDICTS.values()


def test_operating_point_and_prevalence_change_the_details(address: str, page) -> None:
    page.goto(address)
    drop(page, pneumonia_film())
    wait_for_film(page)
    page.get_by_text("Details of the result").click()
    page.get_by_text("operating point: Balanced, accepted").wait_for()
    page.get_by_text("Where 20 of 100 patients have pneumonia: normal up to").wait_for()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("radio", name="Rule out").or_(page.get_by_role("button", name="Rule out")).click()
    wait_until_drawn(page, page.get_by_text("operating point: Rule out, accepted"))
    page.keyboard.press("Escape")
    page.get_by_test_id("stNumberInputField").fill("21")
    page.get_by_test_id("stNumberInputField").press("Enter")
    page.get_by_text("Where 21 of 100 patients have pneumonia: normal up to").wait_for()


def test_another_model_can_be_chosen(page, tmp_path: Path) -> None:
    released = find_model()
    shutil.copytree(released.folder, tmp_path / "models" / "another-model")
    with served(tmp_path / "home", tmp_path / "models") as address:
        page.goto(address)
        drop(page, pneumonia_film())
        wait_for_film(page)
        page.get_by_text("About the file").click()
        page.get_by_text(f"{released.name}, version").wait_for()
        page.get_by_role("button", name="Settings").click()
        pick(page, "Model", "another-model")
        page.get_by_text("another-model, version").wait_for()
        assert verdict(page) in VERDICTS.values()


def test_hostile_files_do_not_change_the_page(address: str, page) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.goto(address)
    film = sample_films()[0].read_bytes()
    named = [(f"<img src=x onerror=window.hacked=1>{i}.jpg", data) for i, data in enumerate((film, b"x"))]
    drop(page, *hostile_files(len(MAKERS)), *named)
    page.get_by_test_id("refused").get_by_text("<img src=x").wait_for()
    wait_for_film(page)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x], [onerror], [onload]").count() == 0


def test_a_screen_reader_is_told_the_language_of_the_page(address: str, page) -> None:
    page.goto(address)
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("radio", name="Français").click()
    wait_until_drawn(page, page.get_by_role("button", name=in_language(message("Settings"), "fr")))
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.get_by_role("link", name="Models").click()
    wait_until_drawn(page, page.get_by_role("heading", name="Models"))
    assert page.evaluate("document.documentElement.lang") == "en"
