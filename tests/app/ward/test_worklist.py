"""The hospital's worklist on Diagnose, without a browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.hospital.identity import instance_key
from cxr_core.hospital.ward.drift import Drift
from cxr_core.hospital.ward.store import Ward, WardFilm
from cxr_core.inference.reader_log import ReadingLog
from tests.support.diagnose_page import (
    button,
    check,
    chosen_name,
    component,
    open_page,
    quick_predictor,  # noqa: F401  fixture
)
from tests.support.hospital.radiographs import as_bytes, radiograph
from tests.support.hospital.ward import VERSION, arrival

pytestmark = pytest.mark.usefixtures("quick_predictor")


@pytest.fixture
def ward(cxr_home: Path) -> Ward:
    """Two films: 1 is urgent, 2 routine and an earlier one of the same patient; 3 was read in shadow mode."""
    (cxr_home / "hospital").mkdir(parents=True)
    ward = Ward(cxr_home / "hospital")
    for number, verdict, share in ((1, "pneumonia", 0.9), (2, "normal", 0.05), (3, "pneumonia", 0.99)):
        film = cxr_home / f"{number}.dcm"
        film.write_bytes(as_bytes(radiograph(number)))
        read = arrival(number, verdict, share, key=instance_key(radiograph(number).SOPInstanceUID))
        read = replace(read, identity=replace(read.identity, patient_id="P1", study_date=f"2026112{6 - number}"))
        ward.add(read, "shadow" if number == 3 else "worklist", film, arrived=1000.0 - number)
    return ward


def list_of(page: AppTest) -> AppTest:
    """The page with its list unfolded: it folds when a film is opened."""
    page.session_state["ward_list"] = True
    return check(page.run())


def films(page: AppTest) -> list[str]:
    """The lines of the worklist."""
    return [one.label for one in page.button if "·" in one.label]


def test_the_list_is_sorted_by_urgency_with_initials_only(ward: Ward) -> None:
    first, second = films(open_page())
    assert "**Urgent**" in first
    assert "Pneumonia 90%" in first
    assert "G. F." in first
    assert "not read" in first
    assert "Family" not in first
    assert "**Routine**" in second


def test_a_film_is_opened_beside_its_prior_and_accepted(ward: Ward) -> None:
    page = open_page()
    page = check(button(page, films(page)[0]).click().run())
    assert chosen_name(page).startswith(ward.waiting()[0].arrival.key)
    assert component(page, "viewer")["beside"]["name"] == "prior-2026-11-24.dcm"
    assert any("says **Pneumonia**" in one.value for one in page.markdown)
    page = check(button(page, "Accept: pneumonia").click().run())
    assert any("Your decision" in one.value for one in page.markdown)
    decided = ward.decided()[0]
    assert (decided.reader, decided.own) == ("local", "pneumonia")
    (own,) = ReadingLog().all()
    assert (own.sha256, own.own, own.verdict, own.blind) == (decided.arrival.sha256, "pneumonia", "pneumonia", False)
    assert [one.own for one in ward.unsent()] == ["pneumonia"]
    assert "read by you: pneumonia" in films(list_of(page))[-1]


def test_a_film_that_another_reader_has_cannot_be_opened(ward: Ward) -> None:
    page = open_page()
    key = ward.waiting()[0].arrival.key
    ward.claim(key, VERSION, "anna", "Anna")
    page = check(button(page, films(page)[0]).click().run())
    assert any("Another reader has taken this film" in one.value for one in page.warning)
    assert ward.waiting()[0].reader == "anna"
    page = open_page()
    first = button(page, films(page)[0])
    assert "being read by Anna" in first.label
    assert first.disabled


def test_a_film_that_is_decided_while_the_list_is_drawn_is_listed_once(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waiting(self: Ward, *arguments: object, **options: object) -> list[WardFilm]:
        found = list_waiting(self, *arguments, **options)  # type: ignore[arg-type]
        key = found[0].arrival.key
        assert self.claim(key, VERSION, "anna", "Anna")
        assert self.decide(key, VERSION, "anna", "normal")
        return found

    list_waiting = Ward.waiting
    monkeypatch.setattr(Ward, "waiting", waiting)
    assert len(films(open_page())) == 2


def test_a_film_that_is_given_back_is_free(ward: Ward) -> None:
    page = open_page()
    page = check(button(page, films(page)[0]).click().run())
    assert ward.waiting()[0].reader == "local"
    assert films(page) == []
    page = check(button(page, "Give back").click().run())
    assert ward.waiting()[0].reader == ""
    page = check(button(page, films(page)[0]).click().run())
    page = check(button(page, "Next patient").click().run())
    assert ward.waiting()[0].reader == ""


def test_a_drift_is_said_above_the_list(ward: Ward) -> None:
    ward.add_drift(Drift("", VERSION, "2999-01-01", "share of dark films", 0.21, 0.0, 0.08, 120))
    said = "In the week of 2999-01-01 the share of dark films is 21%, of 120 films; 0% to 8% is expected."
    assert any(said in one.value for one in open_page().warning)


def test_a_damaged_list_takes_no_page_down(ward: Ward) -> None:
    ward.file.write_bytes(b"no table" * 1000)
    page = open_page()
    assert any("worklist cannot be used" in one.value for one in page.error)
    assert any("Drop one or more" in one.value for one in page.info)


def test_of_many_drifts_the_first_two_are_said_and_the_rest_counted(ward: Ward) -> None:
    for statistic in ("mean age", "mean logit", "share of dark films", "share of films by others"):
        ward.add_drift(Drift("", VERSION, "2999-01-01", statistic, 0.9, 0.0, 0.1, 120))
    (warning,) = open_page().warning
    assert warning.value.count("In the week of") == 2
    assert warning.value.endswith("2 more have changed.")
