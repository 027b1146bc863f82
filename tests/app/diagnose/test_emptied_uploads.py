"""Streamlit keeps no bytes of films that the session has taken over, and the films are as they were dropped."""

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import bright_film, check, component, drop, open_page, quick_predictor  # noqa: F401

pytestmark = pytest.mark.usefixtures("quick_predictor")

if not (RELEASED_MODELS / "RELEASED").exists():
    pytest.skip("no released model in models/", allow_module_level=True)


def uploaded(page: AppTest) -> list[bytes]:
    """The bytes that the upload control holds."""
    return [file.getvalue() for file in page.session_state["uploads 0"]]


def test_the_upload_control_keeps_names_and_no_bytes() -> None:
    films = [(f"{seed}.png", bright_film(0.97, seed)) for seed in range(2)]
    page = drop(open_page(), *films)
    assert uploaded(page) == [b"", b""]
    assert [film.data for film in page.session_state.films.values()] == [data for _, data in films]
    assert [file.name for file in page.session_state["uploads 0"]] == ["0.png", "1.png"]


def test_films_stay_when_the_page_runs_again() -> None:
    page = drop(open_page(), *((f"{seed}.png", bright_film(0.97, seed)) for seed in range(2)))
    check(page.run())
    assert len(component(page, "worklist")["rows"]) == 2
    assert uploaded(page) == [b"", b""]
