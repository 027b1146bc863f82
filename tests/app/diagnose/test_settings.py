"""The settings of the Diagnose page: what they change, and that they hold while they are shut."""

from dataclasses import replace
from pathlib import Path

import pytest

from cxr_core.inference.decision import Rules
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.models.registry import find_model
from cxr_core.models.site_profile import SiteProfile, store_profile
from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import (  # noqa: F401
    bright_film,
    button,
    check,
    drop,
    html,
    open_page,
    opened,
    quick_predictor,
)

pytestmark = pytest.mark.usefixtures("quick_predictor")

if not (RELEASED_MODELS / "RELEASED").exists():
    pytest.skip("no released model in models/", allow_module_level=True)


def test_the_error_rate_changes_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {0.1: ConformalLimits(0.5, 0.5), 0.05: ConformalLimits(0.2, 0.95)}
    rules = replace(Rules.of(find_model().card), limits=limits, other_to=0.0)
    monkeypatch.setattr(Rules, "of", lambda card: rules)
    page = drop(open_page(), ("between.png", bright_film(0.92)))
    assert "Uncertain" not in html(page)
    opened(page, "settings")
    strict = next(control for control in page.get("segmented_control") if "Accepted error rate" in control.label)
    check(strict.set_value(0.05).run())
    assert "Uncertain" in html(page)
    page.session_state["settings"] = False
    check(page.run())
    assert [control.label for control in page.get("segmented_control")] == ["Language"]
    assert "Uncertain" in html(page)
    assert any("excluded at an error rate of 5%" in line.value for line in page.markdown)


def test_a_site_profile_is_applied_and_named(cxr_home: Path) -> None:
    model = find_model()
    values = {"name": "north", "model": model.name, "version": model.version, "prevalence": 0.4, "shift": 0.5}
    values |= {"limits_by_error_rate": {}, "verdict": "fit", "who": "A", "when": "2026-01-02", "data": "d", "films": 90}
    store_profile(SiteProfile.from_dict(values))
    page = drop(open_page(), ("film.png", bright_film(0.97)))
    assert "site north<" in html(page)
    (by_site,) = page.session_state["results"].values()
    assert "where 40 of 100 patients" in html(page)
    assert not any("is assumed" in caption.value for caption in page.caption)
    assert any(line.value.startswith("By the profile of site north, 90 films") for line in page.markdown)
    opened(page, "settings")
    check(page.selectbox(key="site").set_value("").run())
    assert "site north" not in html(page)
    (by_none,) = page.session_state["results"].values()
    assert by_none.reading.prediction is not by_site.reading.prediction  # another shift may need other views
    assert "where 20 of 100 patients" in html(page)


def test_a_damaged_site_profile_is_named(cxr_home: Path) -> None:
    (cxr_home / "sites").mkdir(parents=True)
    (cxr_home / "sites" / "broken.json").write_text("{")
    assert any("broken.json" in warning.value for warning in open_page().warning)


def test_settings_hold_while_they_are_shut_and_after_another_page() -> None:
    page = opened(open_page(), "settings")
    for key in ("keep", "blind"):
        check(page.toggle(key=key).set_value(True).run())
    page.session_state["settings"] = False
    check(page.run())
    assert not page.toggle
    drop(page, ("one.png", bright_film(0.97)))
    assert "Your reading first" in html(page)
    check(button(page, "Next patient").click().run())
    check(page.switch_page("pages/models.py").run())
    check(page.switch_page("pages/diagnose.py").run())
    drop(page, ("two.png", bright_film(0.97, 1)))
    assert "Your reading first" in html(page)
    assert [one.value for one in opened(page, "settings").toggle] == [True, True, False]
