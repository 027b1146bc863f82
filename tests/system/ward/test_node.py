"""The ward with real processes: decisions reach the archive; shadow mode gives the figures of `evaluate`."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from cxr_core.datasets.demo import DEMO_FILMS
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.ward.store import Ward
from tests.conftest import REPOSITORY
from tests.support.hospital.archive import MISSING, SKIP_REASON, node, orthanc, storescu, wait_until
from tests.support.hospital.radiographs import demo_pixels, radiograph, write

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
FILMS = 200


def verb(home: Path, *arguments: str) -> Any:
    """What a verb prints with --json, in a process of its own."""
    command = [sys.executable, "-m", "cxr_core", *arguments, "--json"]
    environment = os.environ | {"CXR_HOME": str(home)}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def assert_same(one: Any, other: Any, where: str) -> None:
    """Equal, but for the last digits of numbers that were summed in another order of the films."""
    if isinstance(other, dict):
        assert one.keys() == other.keys(), where
        for key in other:
            assert_same(one[key], other[key], f"{where}.{key}")
    elif isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-9), where
    else:
        assert one == other, where


def test_a_decision_reaches_the_archive_as_a_report_that_references_the_first(tmp_path: Path) -> None:
    home, film = tmp_path / "home", radiograph(1)
    with (
        orthanc(tmp_path / "orthanc") as archive,
        node(home, archive, "--worklist", "7", "--updates") as running,
    ):
        assert storescu(running.port, [write(film, tmp_path / "film.dcm")]).returncode == 0
        wait_until(lambda: running.said(" Sent ") == 1, 240, "the first report")
        ward = Ward(home / "hospital")
        (waiting,) = ward.waiting()
        key, version = waiting.arrival.key, waiting.arrival.version
        assert ward.claim(key, version, "anna", "Anna Ng")
        assert ward.decide(key, version, "anna", "pneumonia", "Seen twice.")
        wait_until(lambda: len(archive.instances("SR")) == 2, 240, "the updated report")
        reports = [dcmread(io.BytesIO(archive.file(instance))) for instance in archive.instances("SR")]
        (updated,) = [report for report in reports if "PredecessorDocumentsSequence" in report]
        series = updated.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
        first = series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        assert first == result_uid(film.SOPInstanceUID, version, "report")
        assert first in [report.SOPInstanceUID for report in reports]
        assert updated.PatientID == film.PatientID
        files = map(archive.file, archive.instances("SR"))
        (tmp_path / "updated.dcm").write_bytes(next(file for file in files if b"Seen twice." in file))
    checked = subprocess.run(["dciodvfy", str(tmp_path / "updated.dcm")], capture_output=True, text=True, check=False)
    assert "Error" not in checked.stderr + checked.stdout, checked.stderr
    dumped = subprocess.run(["dsrdump", str(tmp_path / "updated.dcm")], capture_output=True, text=True, check=False)
    assert "Anna Ng" in dumped.stdout, dumped.stderr
    assert "Family" not in running.log.read_text()


def test_shadow_mode_gives_the_figures_of_evaluate_and_sends_nothing(tmp_path: Path) -> None:
    home, reports = tmp_path / "home", tmp_path / "reports.csv"
    sources = sorted((DEMO_FILMS / "train").rglob("*.jpeg"))
    with reports.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["accession", "label"])
        for number in range(FILMS):
            label = sources[number % len(sources)].parent.name
            noise = np.random.default_rng(number).integers(0, 12, demo_pixels(number).shape)
            pixels = np.clip(demo_pixels(number) + noise, 0, 255).astype(np.uint8)
            film = radiograph(number, pixels, PatientID=f"P{number // 2}")
            write(film, tmp_path / "data" / "test" / label / f"{number}.dcm")
            table.writerow([film.AccessionNumber, label])
        table.writerow(["unknown", "NORMAL"])
    with (
        orthanc(tmp_path / "orthanc") as archive,
        node(home, archive, "--shadow") as running,
    ):
        assert storescu(running.port, tmp_path / "data").returncode == 0
        wait_until(lambda: running.said("Read in shadow mode") == FILMS, 400, "all films read")
        assert archive.instances() == []
        assert Ward(home / "hospital").waiting() == []
        assert not list((home / "hospital" / "outbox").iterdir())
        assert not list((home / "hospital" / "incoming").iterdir())
    compared = verb(home, "shadow", str(reports), "--out", str(tmp_path / "shadow"))
    evaluated = verb(home, "evaluate", str(tmp_path / "data"), "--out", str(tmp_path / "evaluated"))
    assert (compared["unread"], compared["unreported"]) == (1, 0)
    about = {"data", "split", "when", "scores_sha256", "seen_in_training", "test_ledger", "by_source", "sources"}
    for section in evaluated.keys() - about:
        assert_same(compared["evaluation"].get(section), evaluated[section], section)
    accepted = json.loads((tmp_path / "shadow" / "acceptance.json").read_text())
    assert accepted["films"] == FILMS
    assert accepted["verdict"]
