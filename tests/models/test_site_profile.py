"""Site profiles: stored, found, refused when damaged, and applied to answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import DamagedRecord, SettingsError
from cxr_core.inference.decision import Choice, Rules, decide, moved
from cxr_core.inference.prediction import Prediction
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.models.site_profile import SiteProfile, find_profile, list_profiles, store_profile
from tests.support.damaged_files import WAYS


def profile(**more: object) -> SiteProfile:
    values: dict = {
        "name": "north",
        "model": "m",
        "version": "v",
        "prevalence": 0.4,
        "shift": 1.0,
        "limits_by_error_rate": {"0.1": {"pneumonia_from": 0.3, "normal_to": 0.2}},
        "verdict": "fit after recalibration",
        "who": "A. B.",
        "when": "2026-01-02T03:04:05+00:00",
        "data": "own films",
        "films": 120,
    }
    return SiteProfile.from_dict(values | more)


def test_a_profile_is_stored_and_found(cxr_home: Path) -> None:
    assert list_profiles() == []
    store_profile(profile())
    store_profile(profile(name="south", when="2026-02-02T03:04:05+00:00"))
    assert [one.name for one in list_profiles()] == ["south", "north"]
    assert find_profile("north").limits_by_error_rate == {0.1: ConformalLimits(0.3, 0.2)}
    with pytest.raises(SettingsError, match="accepted are south, north"):
        find_profile("../north")


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_profile_is_passed_over_in_the_list_and_named_when_asked_for(way: str, cxr_home: Path) -> None:
    store_profile(profile())
    WAYS[way](cxr_home / "sites" / "north.json")
    assert list_profiles() == []
    with pytest.raises((DamagedRecord, SettingsError), match="north"):
        find_profile("north")


@pytest.mark.parametrize("bad", [{"prevalence": 0.9}, {"prevalence": None}, {"shift": float("inf")}, {"who": 3}])
def test_a_profile_that_makes_no_sense_is_refused(bad: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        profile(**bad)


def test_answers_follow_the_profile_and_name_it() -> None:
    rules = Rules({"balanced": 0.5}, {0.1: ConformalLimits(0.6, 0.4)}, 0.25, Choice("balanced", 0.1))
    here = rules.at(profile())
    film = Prediction("a", "0" * 64, probability=0.75, view_probabilities=np.full(3, 0.75))
    reading = decide(film, here, Choice(), "m", "v")
    assert reading.prevalence == 0.4
    assert reading.probability == pytest.approx(1 / (1 + np.exp(1 - np.log(3))))
    assert reading.probability_here == pytest.approx(0.424, abs=1e-3)
    assert reading.reasons[-1].startswith(
        "By the profile of site north, 120 films, 2026-01-02, A. B., scores moved by -1"
    )
    assert decide(film, here, Choice(prevalence=0.2), "m", "v").prevalence == 0.2
    assert "site" not in " ".join(decide(film, rules, Choice(), "m", "v").reasons)
    assert here.limits[0.1] == ConformalLimits(0.3, 0.2)
    assert rules.at(replace(profile(), limits_by_error_rate={})).limits == rules.limits


def test_probabilities_are_moved_by_logits() -> None:
    ends = np.array([0.0, 0.25, 1.0])
    assert moved(ends, 0.0) is ends
    assert moved(ends, np.log(3)) == pytest.approx([0, 0.1, 1])
