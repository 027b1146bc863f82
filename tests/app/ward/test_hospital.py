"""Hospital on Evaluate: shadow mode compared with reports, and the monitor's chart."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_core.hospital.ward.monitor import FIRST_WEEKS
from cxr_core.hospital.ward.store import Ward
from cxr_core.models.registry import find_model
from tests.app.test_evaluate import open_page
from tests.support.hospital.ward import arrival, measured
from tests.support.hospital.weeks import drawn

ROOM = "Hospital"


@pytest.fixture
def ward(cxr_home: Path) -> Ward:
    (cxr_home / "hospital").mkdir(parents=True)
    return Ward(cxr_home / "hospital")


def test_without_a_node_the_view_says_so(cxr_home: Path) -> None:
    assert "No node has read a film here" in open_page(room=ROOM).info[0].value


def test_shadow_mode_is_compared_with_reports_in_one_step(ward: Ward) -> None:
    version, rng = find_model().version, np.random.default_rng(0)
    rows = ["accession,label"]
    for number in range(60):
        film = arrival(number, version=version, measured=measured(logit=float(rng.normal(3 if number % 2 else -3))))
        ward.add(replace(film, model=find_model().name), "shadow", arrived=time.time())
        rows.append(f"A{number},{number % 2}")
    at = open_page(room=ROOM)
    assert any("60 films were read in shadow mode" in one.value for one in at.caption)
    assert any("the first 8 weeks, which need 200 films; 1 of them" in one.value for one in at.caption)
    assert at.button(key="shadow_compare").disabled
    at.file_uploader(key="shadow_csv").upload("reports.csv", "\n".join(rows).encode()).run()
    at.button(key="shadow_compare").click().run()
    assert not at.exception
    assert any("60 films compared; 0 reports without a film" in one.value for one in at.caption)
    at.file_uploader(key="shadow_csv").upload("bad.csv", b"study,label\nA1,1\n").run()
    at.button(key="shadow_compare").click().run()
    assert any(one.value.startswith("bad.csv: has the columns study, label") for one in at.error)


def test_a_drift_is_said_with_its_chart(ward: Ward) -> None:
    rng, now = np.random.default_rng(0), time.time()
    for week in range(FIRST_WEEKS + 2):
        for position, film in enumerate(drawn(rng, 26, dimmed=1.0 if week == FIRST_WEEKS + 1 else 0.0)):
            ward.add(arrival(week * 100 + position, measured=film), "", arrived=now + week * 7 * 86400)
    at = open_page(room=ROOM)
    assert any("share of not assessable" in one.value for one in at.warning)
    statistic = at.selectbox(key="monitor_name")
    assert statistic.options[0].startswith("share of ")
    at = statistic.set_value("share of films by Siemens").run()
    assert not at.exception
    table = at.dataframe[-1].value
    assert len(table) == 2
    assert not table["Outside"].any()


def test_a_comparison_is_recorded(ward: Ward, cxr_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = find_model().version
    for number in range(20):
        film = arrival(number, version=version, measured=measured(logit=3.0 if number % 2 else -3.0 + number / 10))
        ward.add(film, "shadow")
    lines: list[tuple[str, object]] = []
    monkeypatch.setattr("cxr_core.audit.record", lambda who, event, **details: lines.append((event, details)))
    at = open_page(room=ROOM)
    rows = "accession,label\n" + "\n".join(f"A{number},{number % 2}" for number in range(20))
    at.file_uploader(key="shadow_csv").upload("reports.csv", rows.encode()).run()
    at.button(key="shadow_compare").click().run()
    assert not at.exception
    assert [event for event, _ in lines] == ["acceptance"]
