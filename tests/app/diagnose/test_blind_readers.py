"""Two people read the same films blind: neither sees, nor ends, the other's reading."""

from pathlib import Path

import pytest
import streamlit as st

from cxr_core.access import Account
from cxr_core.inference.reader_log import ReadingLog
from tests.support.diagnose_page import (
    bright_film,
    button,
    check,
    component,
    drop,
    html,
    open_page,
    opened,
    quick_predictor,
)

__all__ = ["quick_predictor"]  # a fixture
FILM = ("one.png", bright_film(0.97))


@pytest.mark.usefixtures("quick_predictor")
def test_one_readers_word_does_not_end_anothers_blind_reading(cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = Account("one", "reader")

    def sign_in() -> Account:
        st.session_state.account = now
        return now

    monkeypatch.setattr("cxr_core.app.navigation.signed_in_account", sign_in)
    pages = {}
    for person in ("one", "two"):
        now = Account(person, "reader")
        pages[person] = opened(open_page(), "settings")
        check(pages[person].toggle(key="keep").set_value(True).run())
        check(pages[person].toggle(key="blind").set_value(True).run())
        drop(pages[person], FILM)
    check(button(pages["two"], "Normal").click().run())
    assert "Your reading first" not in html(pages["two"])
    now = Account("one", "reader")
    check(pages["one"].run())
    assert "Your reading first" in html(pages["one"])
    assert component(pages["one"], "viewer")["heat"] is None
    assert [len(ReadingLog(reader=person).all()) for person in ("one", "two")] == [0, 1]
