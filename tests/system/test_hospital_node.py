"""The node with real processes on the loopback: storescu sends, `cxr node` reads, Orthanc stores the results."""

import io
import random
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from cxr_core.hospital.identity import instance_key
from tests.support.hospital.archive import (
    MISSING,
    SKIP_REASON,
    NodeProcess,
    Orthanc,
    node,
    orthanc,
    storescu,
    wait_until,
)
from tests.support.hospital.radiographs import IDENTIFIERS, demo_pixels, radiograph, uid, write

pytestmark = pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON)
PARTS = ("SR", "OT", "DOC")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Orthanc]:
    with orthanc(tmp_path / "orthanc") as running:
        yield running


def twenty_films(folder: Path) -> tuple[list[Path], set[int]]:
    """Twenty files in order of sending, and the numbers of the films that a report is expected on."""
    files = [write(radiograph(number), folder / f"good-{number}.dcm") for number in range(10)]
    for number in (20, 21):
        files.append(write(radiograph(number, 255 - demo_pixels(number)), folder / f"inverted-{number}.dcm"))
    monochrome1 = radiograph(22, 255 - demo_pixels(22), PhotometricInterpretation="MONOCHROME1")
    files.append(write(monochrome1, folder / "monochrome1-22.dcm"))
    files.append(write(radiograph(30, ViewPosition="LL"), folder / "lateral-30.dcm"))
    files.append(write(radiograph(31, PatientAge="006M"), folder / "infant-31.dcm"))
    files.append(write(radiograph(40, Rows=3000), folder / "broken-40.dcm"))
    files.append(write(radiograph(41, PixelData=b"\x00\x00"), folder / "broken-41.dcm"))
    files.append(write(radiograph(42, BodyPartExamined="HAND"), folder / "hand-42.dcm"))
    files += [files[0], files[11]]  # sent twice
    return files, {*range(10), 20, 21, 22, 31}


def reports(archive: Orthanc) -> list[Dataset]:
    return [dcmread(io.BytesIO(archive.file(instance))) for instance in archive.instances("SR")]


def film_of(report: Dataset) -> str:
    """The SOP Instance UID of the film that a report is about."""
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    return str(series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)


def test_of_twenty_films_each_that_can_be_read_has_one_report_in_the_archive(archive: Orthanc, tmp_path: Path) -> None:
    files, expected = twenty_films(tmp_path / "films")
    assert len(files) == 20
    with node(tmp_path / "home", archive) as running:
        sent = storescu(running.port, files)
        assert sent.returncode == 0, sent.stderr
        wait_until(lambda: running.said(" Sent ") == len(expected) and running.said("Kept aside") == 4, 300, "results")
    assert Counter(map(film_of, reports(archive))) == Counter(str(uid(n, "SOPInstanceUID")) for n in expected)
    assert [len(archive.instances(part)) for part in PARTS] == [len(expected)] * 3
    assert running.said("Received again") == 2
    aside = [line.split(": ", 1)[1] for line in running.lines() if "Kept aside" in line]
    assert Counter("view LL" in reason for reason in aside) == Counter({False: 3, True: 1})
    assert any("body part" in reason for reason in aside), aside
    infant = next(r for r in reports(archive) if film_of(r) == uid(31, "SOPInstanceUID"))
    assert any("6 months" in str(element.value) for element in infant.iterall() if element.keyword == "TextValue")
    assert not list((tmp_path / "home" / "hospital" / "incoming").iterdir())
    assert not list((tmp_path / "home" / "hospital" / "outbox").iterdir())


def test_dsrdump_and_dciodvfy_find_no_error_in_the_results(archive: Orthanc, tmp_path: Path) -> None:
    films = [radiograph(0), radiograph(1, np.full((700, 600), 90, np.uint8)), radiograph(2, **IDENTIFIERS)]
    films[0].SpecificCharacterSet, films[0].PatientName = "ISO_IR 192", "Größe^Jürgen"
    del films[2].PatientOrientation
    with node(tmp_path / "home", archive) as running:
        storescu(running.port, [write(film, tmp_path / f"{n}.dcm") for n, film in enumerate(films)])
        wait_until(lambda: running.said(" Sent ") == len(films), 240, "results")
    for part in PARTS:
        for instance in archive.instances(part):
            file = tmp_path / f"{part}-{instance}.dcm"
            file.write_bytes(archive.file(instance))
            checked = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
            assert "Error" not in checked.stderr + checked.stdout, checked.stderr
            if part == "SR":
                dumped = subprocess.run(["dsrdump", str(file)], capture_output=True, text=True, check=False)
                assert dumped.returncode == 0
                assert not re.search(r"^[EF]: ", dumped.stderr, re.MULTILINE), dumped.stderr
                assert "Not for clinical use" in dumped.stdout
                assert '(233604007,SCT,"Pneumonia")' in dumped.stdout


def test_a_node_that_is_killed_ten_times_loses_and_repeats_nothing(archive: Orthanc, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    moments = random.Random(seed)
    running, killed_enough, films = NodeProcess(tmp_path / "home", archive), threading.Event(), 0

    def modality() -> None:
        """Sends studies of five films, each until all are acknowledged, as modalities do: some arrive twice."""
        nonlocal films
        while not killed_enough.is_set() and films < 150:  # on a busy machine more could not be read in time
            numbers = range(films, films + 5)
            files = [write(radiograph(number), tmp_path / "films" / f"{number}.dcm") for number in numbers]
            while storescu(running.port, files).returncode != 0:
                time.sleep(0.2)
            films += 5
            time.sleep(0.5)

    def idle() -> bool:
        """Whether no film is sent, waits or is read any more."""
        spool = running.home / "hospital"
        return films >= 150 and not any((*(spool / "incoming").iterdir(), *(spool / "outbox").iterdir()))

    def progressed(word: str, before: int) -> bool:
        """Whether the log has a further line of that kind, or nothing is left to do."""
        return running.said(word) > before or idle()

    sending = threading.Thread(target=modality, daemon=True)
    sending.start()
    for number in range(10):
        read, sent = running.said(" Read "), running.said(" Sent ")
        running.start()
        if number % 3 == 1:  # anywhere: while it loads, receives or reads the first films
            wait_until(partial(progressed, " Read ", read), 240, "a film that is read")
        elif number % 3 == 2:
            wait_until(partial(progressed, " Sent ", sent), 240, "results that are sent")
        time.sleep(moments.uniform(0, 3))
        running.kill()
        print(f"killed: {films} films sent, {running.said(' Read ')} read, {running.said(' Sent ')} results sent")
    killed_enough.set()
    running.start()
    sending.join(240)
    assert films > 20
    wait_until(lambda: len(archive.instances("SR")) == films, 240, "reports")
    wait_until(lambda: not list((running.home / "hospital" / "outbox").iterdir()), 60, "the outbox")
    assert running.stop() == 0
    assert Counter(map(film_of, reports(archive))) == Counter(str(uid(n, "SOPInstanceUID")) for n in range(films))
    assert [len(archive.instances(part)) for part in PARTS] == [films] * 3
    read_keys = Counter(re.findall(r" Read ([0-9a-f]{24}):", running.log.read_text()))
    assert set(read_keys.values()) == {1}  # a film whose reading was finished is never read again
    assert set(read_keys) <= {instance_key(uid(n, "SOPInstanceUID")) for n in range(films)}
    assert "Error" not in running.log.read_text()


def test_unlisted_callers_are_refused_and_an_archive_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with orthanc(tmp_path / "orthanc") as archive:
        home = tmp_path / "home"
        with node(home, archive, "--to", "ORTHANC@127.0.0.1:1") as running:
            film = write(radiograph(3), tmp_path / "film.dcm")
            assert storescu(running.port, [film], title="STRANGER").returncode != 0
            assert storescu(running.port, [film]).returncode == 0
            wait_until(lambda: running.said("cannot be reached") >= 2, 240, "two tries")
            for path in (home / "hospital").rglob("*"):
                assert path.stat().st_mode & 0o077 == 0, path
        with node(home, archive) as running:  # the archive is back
            wait_until(lambda: len(archive.instances("SR")) == 1, 120, "the report")
            assert running.said(" Read ") == 1
