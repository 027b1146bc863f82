"""Diagnose, patient by patient: the new film comes first, and nothing of the last patient stays on the screen."""

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import (  # noqa: F401
    bright_film,
    button,
    check,
    chosen_name,
    component,
    downloads,
    drop,
    html,
    open_page,
    opened,
    quick_predictor,
)

pytestmark = pytest.mark.usefixtures("quick_predictor")

if not (RELEASED_MODELS / "RELEASED").exists():
    pytest.skip("no released model in models/", allow_module_level=True)


def visit_another_page(page: AppTest) -> AppTest:
    """Go to another page and back: the upload control is then empty, as AppTest cannot add to the files in one."""
    check(page.switch_page("pages/models.py").run())
    return check(page.switch_page("pages/diagnose.py").run())


def test_a_new_drop_goes_to_the_first_new_film() -> None:
    page = drop(open_page(), ("first.png", bright_film(0.97)))
    drop(visit_another_page(page), ("second.png", bright_film(0.03, 1)))
    assert len(component(page, "worklist")["rows"]) == 2
    assert chosen_name(page) == "second.png"


def test_a_new_drop_is_not_hidden_by_the_filter() -> None:
    page = drop(open_page(), *((f"{seed}.png", bright_film(0.97, seed)) for seed in range(2)))
    check(page.pills[0].set_value(["pneumonia"]).run())
    drop(visit_another_page(page), ("normal.png", bright_film(0.03, 5)))
    assert chosen_name(page) == "normal.png"


def test_the_worklist_starts_at_the_most_urgent_film_of_a_drop() -> None:
    page = drop(open_page(), *((f"{seed}.png", bright_film(0.03 + seed / 20, seed)) for seed in range(8)))
    rows = component(page, "worklist")["rows"]
    assert component(page, "worklist")["chosen"] == rows[0]["key"]
    assert any(caption.value == "1 of 8" for caption in page.caption)


def test_where_the_reader_is_outlasts_later_results() -> None:
    page = drop(open_page(), *((f"{seed}.png", bright_film(0.97 - seed / 5, seed)) for seed in range(3)))
    check(button(page, "Next").click().run())
    there = chosen_name(page)
    check(page.run())
    assert chosen_name(page) == there


def test_an_unreadable_drop_shows_no_verdict_of_an_earlier_film() -> None:
    page = drop(open_page(), ("first.png", bright_film(0.97)))
    drop(visit_another_page(page), ("broken.png", b"x"))
    assert 'data-testid="verdict"' not in html(page)
    assert "broken.png" in next(text.value for text in page.html if "awaited" in text.value)
    check(button(page, "Back to the films before").click().run())
    assert 'data-testid="verdict"' in html(page)


def test_no_verdict_is_shown_while_the_new_film_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.app.diagnose import session

    page = visit_another_page(drop(open_page(), ("first.png", bright_film(0.97))))
    assert downloads(page)
    monkeypatch.setattr(session, "read_next", lambda *_: session.st.stop())  # reading takes long
    drop(page, ("second.png", bright_film(0.03, 1)))
    assert 'data-testid="verdict"' not in html(page)
    assert "second.png" in html(page)
    assert not page.get("download_button")


def test_films_dropped_on_an_emptied_page_are_answered_in_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.app.diagnose import intake

    runs, take_films = [], intake.take_films
    monkeypatch.setattr(intake, "take_films", lambda: runs.append(1) or take_films())
    page = drop(open_page(), ("first.png", bright_film(0.97)))
    check(page.file_uploader[0].set_value(None).run())
    assert 'data-testid="verdict"' not in html(page)
    for name, expected in (("second.png", 1), ("third.png", 2)):  # the third with the second still on the screen
        runs.clear()
        check(page.file_uploader[0].set_value((name, bright_film(0.03, expected), "image/png")).run())
        assert chosen_name(page) == name
        assert len(runs) == expected


def test_the_next_patient_clears_everything() -> None:
    page = drop(open_page(), ("first.png", bright_film(0.97)))
    check(button(page, "Next patient").click().run())
    assert "first.png" not in html(page)
    assert 'data-testid="verdict"' not in html(page)
    assert not page.session_state["results"]
    drop(page, ("second.png", bright_film(0.03, 1)))
    assert component(page, "viewer")["alt"].startswith("Chest X-ray second.png")
    assert downloads(page)[0] == "This film as PDF"


def test_films_survive_another_page_and_are_not_doubled() -> None:
    page = drop(open_page(), ("first.png", bright_film(0.97)), ("second.png", bright_film(0.9, 1)))
    check(button(page, "Next").click().run())
    visit_another_page(page)
    assert chosen_name(page) == "second.png"
    drop(page, ("third.png", bright_film(0.5, 2)))
    assert len(component(page, "worklist")["rows"]) == 3
    assert chosen_name(page) == "third.png"


def test_the_first_films_of_a_drop_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.app.diagnose import session

    decoded: list[str] = []
    decode_film = session.decode_film
    monkeypatch.setattr(session, "decode_film", lambda data, name: decoded.append(name) or decode_film(data, name))
    dropped = [(f"{seed}.png", bright_film(0.97, seed)) for seed in range(session.FIRST_FILES)]
    drop(open_page(), *dropped)
    assert sorted(decoded) == sorted(name for name, _ in dropped)
