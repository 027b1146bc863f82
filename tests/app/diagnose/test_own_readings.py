"""The reader's own word on Diagnose: what is recorded with a reading, the truth, and what the readings show."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.diagnose import decision_time
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from cxr_core.inference.reader_summary import assigned_blind
from tests.support.diagnose_page import (  # noqa: F401
    bright_film,
    button,
    check,
    chosen_name,
    drop,
    html,
    open_page,
    opened,
    quick_predictor,
)

pytestmark = pytest.mark.usefixtures("quick_predictor", "cxr_home")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which passes only when the test says so."""
    now = [1000.0]
    monkeypatch.setattr(decision_time, "monotonic", lambda: now[0])
    return now


def page_that_keeps(**state: bool) -> AppTest:
    page = opened(open_page(), "settings")
    for name, value in {"keep": True, **state}.items():
        check(page.toggle(key=name).set_value(value).run())
    return page


def click(page: AppTest, label: str) -> AppTest:
    return check(button(page, label).click().run())


def films(number: int) -> list[tuple[str, bytes]]:
    return [(f"film{seed}.png", bright_film(0.97, seed)) for seed in range(number)]


def shown(page: AppTest) -> str:
    page.session_state["agreement_open"] = True
    check(page.run())
    return "\n".join([*(one.value for one in (*page.markdown, *page.caption)), html(page)])


def test_a_reading_has_the_number_as_shown_and_the_time_on_screen(clock: list[float]) -> None:
    page = drop(page_that_keeps(), *films(2))
    clock[0] += 8
    click(page, "Next")
    clock[0] += 100
    click(page, "Previous")
    clock[0] += 4
    click(page, "Agree")
    clock[0] += 5
    click(page, "Disagree")
    first, second = ReadingLog().all()
    assert (first.seconds, second.seconds) == (12.0, None)
    assert (first.prevalence, first.blind) == (0.2, False)
    assert first.probability_here is not None
    assert f"{first.probability_here:.2f}" != f"{first.probability:.2f}"


def test_an_answer_that_was_seen_is_no_reading_before_it(clock: list[float]) -> None:
    page = drop(page_that_keeps(), *films(1))
    check(page.toggle(key="blind").set_value(True).run())
    click(page, "Normal")
    assert [one.blind for one in ReadingLog().all()] == [False]
    page = drop(page_that_keeps(blind=True), *films(1))
    click(page, "Next patient")
    drop(page, ("other.png", bright_film(0.96, 7)))
    click(page, "Normal")
    assert [one.blind for one in ReadingLog().all()] == [False, True]
    page.text_input[0].set_value("a note")
    check(page.run())
    assert [(one.blind, one.note) for one in ReadingLog().all()][-1] == (True, "a note")


def test_chance_chooses_the_films_that_are_read_before_the_answer() -> None:
    page = drop(page_that_keeps(blind=True, half=True), *films(6))
    seen = set()
    for number in range(6):
        result = next(one for one in page.session_state["results"].values() if one.file.name == chosen_name(page))
        asked = "Your reading first" in html(page).partition("</div>")[0] or bool(
            [one for one in page.button if one.label == "Unsure"]
        )
        assert asked == assigned_blind(result.reading.sha256)
        seen.add(asked)
        if number < 5:
            click(page, "Next")
    assert seen == {True, False}


def test_the_truth_is_entered_beside_the_film_and_shows_who_was_right() -> None:
    page = drop(page_that_keeps(), *films(1))
    assert "Enter the truth of a film" not in shown(page)
    click(page, "Disagree")
    assert "Enter the truth of a film" in shown(page)
    truth = next(one for one in page.get("segmented_control") if "truth" in one.label)
    check(truth.set_value("normal").run())
    assert list(ReadingLog().truths().values()) == ["normal"]
    assert "both were right on 0, only you on 1, only the model on 0, neither on 0" in shown(page)
    truth = next(one for one in page.get("segmented_control") if "truth" in one.label)
    check(truth.set_value(None).run())
    assert ReadingLog().truths() == {}


def test_times_changes_and_truths_from_a_csv_are_shown() -> None:
    log = ReadingLog()
    for number in range(12):
        sha256, day = f"{number:064x}", "2026-01-01T10:00:00+00:00"
        more = {"at": day, "seconds": 30.0 + number if number % 2 else 10.0 + number}
        log.add(OwnReading(sha256, "normal", "pneumonia", 0.9, "m", "1", bool(number % 2), **more))  # type: ignore[arg-type]
    log.add(OwnReading(f"{1:064x}", "pneumonia", "pneumonia", 0.9, "m", "1", False, at="2026-01-02T10:00:00+00:00"))
    page = page_that_keeps()
    text = shown(page)
    assert "the median is 21.0 seconds shorter" in text
    assert "95% interval of what is saved: " in text
    assert "Agreed on 1 of 12 films" in text
    rows = "\n".join(["sha256,truth", f"{1:064x},pneumonia", f"{2:064x},normal"])
    check(page.file_uploader(key="truths_csv").upload("mine.csv", rows.encode()).run())
    assert len(log.truths()) == 2
    text = shown(page)
    assert "both were right on 1, only you on 1, only the model on 0, neither on 0" in text
    assert "Of 1 films that you had read before its answer, you changed 1 after it: 1 to what is true" in text
    check(page.file_uploader(key="truths_csv").upload("bad.csv", b"a,b\n1,2\n").run())
    assert any("truths.csv: has no column sha256" in one.value.replace("\\", "") for one in page.error)


def test_readings_are_the_readers_own(cxr_home: Path) -> None:
    other = ReadingLog(reader="other")
    other.add(OwnReading("f" * 64, "normal", "pneumonia", 0.9, "m", "1", False, seconds=5.0))
    other.set_truths({"f" * 64: "normal"})
    assert "No film has a definite reading" in shown(page_that_keeps())
