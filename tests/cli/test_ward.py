"""`shadow` and `monitor`: exit status, the documents that are written, one sentence without a node."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from cxr_core.cli.main import main
from cxr_core.hospital.ward.monitor import FIRST_WEEKS
from cxr_core.hospital.ward.store import Ward
from cxr_core.models.registry import find_model
from tests.support.hospital.ward import arrival, measured
from tests.support.hospital.weeks import drawn


@pytest.fixture
def ward(cxr_home: Path) -> Ward:
    (cxr_home / "hospital").mkdir(parents=True)
    return Ward(cxr_home / "hospital")


def test_without_a_node_both_say_so(cxr_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor"]) == 2
    assert capsys.readouterr().err == (
        "monitor: no node has read a film here; CXR_HOME/hospital of a node is accepted.\n"
    )
    assert main(["shadow", "reports.csv", "--out", str(tmp_path)]) == 2


def test_monitor_prints_drifts(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor"]) == 0
    assert capsys.readouterr().out == "Nothing has drifted.\n"
    rng, now = np.random.default_rng(0), time.time()
    for week in range(FIRST_WEEKS + 1):
        for position, film in enumerate(drawn(rng, 26, dimmed=1.0 if week == FIRST_WEEKS else 0.0)):
            ward.add(arrival(week * 100 + position, measured=film), "", arrived=now + week * 7 * 86400)
    assert main(["monitor", "--json"]) == 0
    found = {one["statistic"]: one for one in json.loads(capsys.readouterr().out)}
    assert found["share of not assessable"]["value"] == 1.0
    assert found["share of not assessable"]["films"] == 26
    assert "is 100%, of 26 films" in found["share of not assessable"]["sentence"]


def test_shadow_writes_evaluation_and_acceptance(
    tiny_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny_home / "hospital").mkdir()
    ward, model = Ward(tiny_home / "hospital"), find_model("tiny")
    rows = ["accession,label"]
    for number in range(20):
        ward.add(
            arrival(number, version=model.version, measured=measured(logit=float(number % 2) + number / 40)), "shadow"
        )
        rows.append(f"A{number},{number % 2}")
    (tmp_path / "reports.csv").write_text("\n".join(rows))
    out = tmp_path / "out"
    assert main(["shadow", str(tmp_path / "reports.csv"), "--model", "tiny", "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["unread"], printed["unreported"]) == (0, 0)
    assert printed["acceptance"] == json.loads((out / "acceptance.json").read_text())
    assert {file.name for file in out.iterdir()} == {"metrics.json", "predictions.csv", "acceptance.json"}
    assert main(["shadow", str(tmp_path / "missing.csv"), "--model", "tiny", "--out", str(out)]) == 2
    assert "missing.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--shadow", "--to", "A@127.0.0.1:1"], "--shadow: shows and sends nothing"),
        (["--to", "A@127.0.0.1:1", "--updates"], "--updates: sends what readers decide"),
        (["--to", "A@127.0.0.1:1", "--worklist", "0"], "--worklist: is 0"),
        (["--to", "A@127.0.0.1:1", "--metrics", "70000"], "--metrics"),
    ],
)
def test_options_of_the_node_that_do_not_go_together(
    options: list[str], reason: str, cxr_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["node", "--from", "M@127.0.0.1", *options]) == 2
    assert reason in capsys.readouterr().err
