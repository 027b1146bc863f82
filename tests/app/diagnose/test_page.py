"""The Diagnose page by AppTest: films are read, listed, filtered and exported; unreadable files get a reason."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.film import Film
from cxr_core.inference.prediction import Prediction
from cxr_core.labels import NOTICE, SYNTHETIC_FILM
from cxr_core.models.registry import find_model
from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import (  # noqa: F401
    QuickPredictor,
    bright_film,
    check,
    component,
    downloads,
    drop,
    html,
    open_page,
    opened,
    quick_predictor,
)
from tests.support.files.hostile_files import zipped
from tests.support.synthetic_films import encoded

pytestmark = pytest.mark.usefixtures("quick_predictor", "a_model")


@pytest.fixture
def a_model() -> None:
    if not (RELEASED_MODELS / "RELEASED").exists():
        pytest.skip("no released model in models/")


def films(number: int) -> list[tuple[str, bytes]]:
    """Files that QuickPredictor reads as normal and pneumonia in turn."""
    return [(f"film{seed}.jpg", bright_film((0.03, 0.97)[seed % 2], seed)) for seed in range(number)]


def test_the_first_page_asks_for_films_and_shows_the_notice() -> None:
    page = open_page()
    assert page.title[0].value == "Diagnose"
    assert [c.value for c in page.caption].count(NOTICE) == 1
    assert "Drop one or more chest X-rays" in page.info[0].value


def test_a_film_gets_a_verdict_and_a_heatmap() -> None:
    page = drop(open_page(), ("sick.png", bright_film(0.97)))
    assert 'data-testid="verdict"' in html(page)
    viewer = component(page, "viewer")
    assert viewer["picture"].startswith("data:image/jpeg;base64,")
    assert viewer["heat"]["width"] == 8
    assert viewer["alt"].startswith("Chest X-ray sick.png, read as ")
    assert component(drop(open_page(), ("well.png", bright_film(0.03))), "viewer")["heat"] is None  # read as normal


def test_unreadable_files_do_not_stop_the_others() -> None:
    page = drop(open_page(), *films(2), ("notes.txt", b"not a film"), ("empty.jpg", b""))
    assert len(component(page, "worklist")["rows"]) == 2
    assert page.expander[-1].label == "2 files could not be read"
    assert "notes.txt: not an image (10 bytes); accepted are JPEG" in html(page)
    assert "empty.jpg: an empty file (0 bytes)" in html(page)


def test_unreadable_files_alone_give_reasons_and_no_verdict() -> None:
    page = drop(open_page(), ("a.jpg", b"x"))
    assert 'data-testid="verdict"' not in html(page)
    assert "a.jpg: not an image (1 byte)" in html(page)


def test_the_samples_are_marked_as_synthetic() -> None:
    page = open_page()
    check(next(b for b in page.button if b.label == "Try a sample").click().run())
    assert len(component(page, "worklist")["rows"]) == len(sample_films())
    assert any(SYNTHETIC_FILM in caption.value for caption in page.caption)


def test_the_worklist_is_sorted_filtered_and_stepped_through() -> None:
    page = drop(open_page(), *films(5))
    rows = component(page, "worklist")["rows"]
    order = [("pneumonia", "normal").index(row["verdict"]) for row in rows]
    assert order == sorted(order)
    assert {row["verdict"] for row in rows} == {"pneumonia", "normal"}
    check(page.pills[0].set_value(["normal"]).run())
    shown = component(page, "worklist")["rows"]
    assert {row["verdict"] for row in shown} == {"normal"}
    assert component(page, "worklist")["chosen"] == shown[0]["key"]
    check(next(b for b in page.button if b.label == "Next").click().run())
    assert component(page, "worklist")["chosen"] == shown[1]["key"]


def test_names_never_become_markup() -> None:
    name = "<script>alert(1)<script> ![x](y.png) www.a.b `c`.jpg"
    page = drop(open_page(), (name, bright_film(0.9)), (f"<b>{name}", b"x"))
    assert "<script>" not in html(page)
    assert "<b>&lt;" not in html(page)
    for element in [*page.markdown, *page.caption, *page.error, *page.info]:
        assert "script" not in element.value
        assert "www.a.b" not in element.value
    assert component(page, "viewer")["alt"].startswith("Chest X-ray <script>")  # set as an attribute, not as HTML


def test_sessions_do_not_see_each_others_films() -> None:
    mine, theirs = open_page(), open_page()
    drop(mine, *films(2))
    check(theirs.run())
    assert not theirs.session_state.get("results")
    assert 'data-testid="verdict"' not in html(theirs)


def test_nothing_dropped_is_written(cxr_home: Path) -> None:
    drop(open_page(), *films(2))
    assert [file for file in cxr_home.rglob("*") if file.is_file()] == []


def test_own_readings_are_stored_only_when_switched_on_and_without_names(cxr_home: Path) -> None:
    page = drop(open_page(), *films(1))
    assert not [b for b in page.button if b.label == "Agree"]
    opened(page, "settings")
    check(page.toggle(key="keep").set_value(True).run())
    check(next(b for b in page.button if b.label == "Agree").click().run())
    written = (cxr_home / "readings.sqlite").read_bytes()
    assert b"film0" not in written
    assert not list(cxr_home.rglob("*.jp*g"))


def test_blinded_reading_hides_the_models_reading_until_the_clinicians_is_entered() -> None:
    page = opened(open_page(), "settings")
    check(page.toggle(key="keep").set_value(True).run())
    check(page.toggle(key="blind").set_value(True).run())
    drop(page, ("one.png", bright_film(0.97)), ("two.png", bright_film(0.96, 1)))
    assert "Your reading first" in html(page)
    assert component(page, "viewer")["heat"] is None
    assert {row["verdict"] for row in component(page, "worklist")["rows"]} == {"hidden"}
    before = [row["name"] for row in component(page, "worklist")["rows"]]
    assert not downloads(page)
    check(next(b for b in page.button if b.label == "Normal").click().run())
    assert "Your reading first" not in html(page)
    assert component(page, "viewer")["heat"] is not None
    assert [row["name"] for row in component(page, "worklist")["rows"]] == before
    assert "1 of 2 films as CSV" in downloads(page)


def test_the_prevalence_is_asked_beside_the_number_and_moves_all_that_is_said() -> None:
    page = drop(open_page(), ("sure.png", bright_film(0.8)))
    assert any("20% is assumed" in caption.value for caption in page.caption)

    def said() -> tuple[str, str]:
        number = re.search(r'class="number">([^<]*)<small>[^<]*<br>where (\d+) of 100 patients', html(page))
        sentence = next(line.value for line in page.markdown if "of 100 with a film like this one" in line.value)
        assert number is not None
        assert f", {number[1].removesuffix('%')} of 100" in sentence
        assert sentence.startswith(f"Where {number[2]} of 100 patients")
        return number[1], number[2]

    before = said()
    check(page.number_input(key="prevalence").set_value(40).run())
    assert said()[1] == "40"
    assert said()[0] != before[0]
    assert not any("is assumed" in caption.value for caption in page.caption)


def test_the_banner_names_file_position_and_model() -> None:
    page = drop(open_page(), *films(3))
    rows = component(page, "worklist")["rows"]
    assert f'class="about">{rows[0]["name"]} · 1 of 3 · {find_model().name}<' in html(page)
    check(next(b for b in page.button if b.label == "Next").click().run())
    assert f'class="about">{rows[1]["name"]} · 2 of 3 · ' in html(page)
    assert any("hospital it was not trained on" in caption.value for caption in page.caption)


def test_exports_are_offered_for_the_films_shown() -> None:
    page = drop(open_page(), *films(3))
    assert not page.get("download_button")  # only when they are wanted
    one, all_films = ["This film as PDF", "This film as FHIR"], ["PDF", "CSV", "JSON"]
    assert downloads(page) == [*one, *(f"All films as {kind}" for kind in all_films)]


def test_films_of_a_zip_are_read_and_its_other_files_listed() -> None:
    name, data = films(1)[0]
    page = drop(open_page(), ("films.zip", zipped({f"../../{name}": data, "b.png": data, "notes.txt": b"text"})))
    assert {row["name"] for row in component(page, "worklist")["rows"]} == {name, "b.png"}
    assert "notes.txt: not an image (4 bytes)" in html(page)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, [4] * 10), (60.0, [4, 36])])
def test_results_come_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch, seconds: float, expected: list[int]) -> None:
    from cxr_core.app.diagnose import session

    sizes: list[int] = []
    read_next = session.read_next

    def counted(files, predictor, started, progress) -> None:
        before = len(session.st.session_state.results)
        read_next(files, predictor, started, progress)
        sizes.append(len(session.st.session_state.results) - before)

    monkeypatch.setattr(session, "read_next", counted)
    monkeypatch.setattr(session, "REDRAW_SECONDS", seconds)
    monkeypatch.setattr(session, "REDRAW_SHARE", float("inf"))
    page = drop(open_page(), *films(40))
    assert sizes == expected
    assert len(component(page, "worklist")["rows"]) == 40


def test_a_film_on_which_the_prediction_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    predict = QuickPredictor.predict_film

    def fails(predictor: QuickPredictor, film: Film, score_refused: bool = False) -> Prediction:
        if film.name == "film1.jpg":
            raise RuntimeError("a secret of the header")
        return predict(predictor, film)

    monkeypatch.setattr(QuickPredictor, "predict_film", fails)
    page = drop(open_page(), *films(3))
    assert len(component(page, "worklist")["rows"]) == 2
    assert re.search(r"film1\.jpg: could not be processed \(error [0-9a-f]{8}\)", html(page))
    assert "secret" not in html(page)


def test_an_inverted_grey_scale_is_corrected_on_the_screen() -> None:
    plain = drop(open_page(), ("film.png", bright_film(0.9)))
    inverted = drop(open_page(), ("inverted.png", bright_film(0.9)))
    pictures = [component(page, "viewer")["picture"] for page in (plain, inverted)]
    decoded = [np.asarray(Image.open(io.BytesIO(base64.b64decode(p.split(",")[1]))), int) for p in pictures]
    assert np.abs(decoded[0] + decoded[1] - 255).mean() < 5


def test_agreement_and_disagreements_are_listed() -> None:
    page = opened(drop(open_page(), *films(2)), "settings")
    check(page.toggle(key="keep").set_value(True).run())
    for button in ("Agree", "Next", "Disagree"):
        check(next(b for b in page.button if b.label == button).click().run())
    page.session_state["agreement_open"] = True
    check(page.run())
    assert any("Agreed on 1 of 2 films (50%, 95% interval 9% to 91%)" in line.value for line in page.markdown)
    assert "your reading" in html(page)


def test_similar_films_need_a_data_set() -> None:
    page = drop(open_page(), *films(1))
    page.session_state["similar"] = True
    check(page.run())
    assert any("no features to compare" in caption.value for caption in page.caption)


def test_a_film_that_is_not_assessable_has_a_reason_and_no_probability() -> None:
    page = drop(open_page(), ("small.png", encoded(Image.new("L", (40, 40)), "PNG")))
    assert "Not assessable" in html(page)
    assert 'class="number"' not in html(page)
    assert any(line.value == "The film is too small." for line in page.markdown)
