"""The whole service: two readers and an administrator in Chromium, behind nginx with TLS, while 60 films arrive.

Archive, node, pages and nginx run as `packaging/` starts them. Each of the three takes and decides a film on the page.
The rest of the 60 is read by what the page calls, a claim and a decision, for both readers at once: two threads go
through the same list, so that every film is contended.
"""

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from cxr_core.audit import verify
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.ward.store import Ward
from tests.support.hospital.archive import MISSING, SKIP_REASON, wait_until
from tests.support.hospital.nginx import MISSING as NO_NGINX
from tests.support.hospital.nginx import SKIP_REASON as NGINX_REASON
from tests.support.hospital.radiographs import as_bytes, radiograph
from tests.support.hospital.service import Service, gauges, service
from tests.support.streamlit_page import IDLE

pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=SKIP_REASON),
    pytest.mark.skipif(bool(NO_NGINX), reason=NGINX_REASON),
]
FILMS, FIRST = 60, 12
WAIT_MS, ACTS_WITHIN_MS, TRIES = 180_000, 15_000, 12
PEOPLE = {
    "anna": ("reader", "Anna Ng"),
    "ben": ("reader", "Ben Ode"),
    "carla": ("administrator", "Carla Roy"),
}
FAMILY, PATIENT_ID = b"Plantedfamily", b"PLANTED-PID"
NOTE = "Seen twice by Anna."


class Person:
    """Somebody in a browser of their own. heard: all that the server sent over the page's websocket."""

    def __init__(self, browser: Any, address: str, subject: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, ignore_https_errors=True)
        self.context.set_default_timeout(WAIT_MS)
        self.page, self.heard, self.address = self.context.new_page(), [], address
        self.page.on("websocket", lambda line: line.on("framereceived", self._hear))
        self.page.goto(address)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name=subject, exact=True).click()
        self.page.wait_for_url(f"{address}/**")
        self.page.get_by_role("heading", name="Diagnose", exact=True, level=1).wait_for()

    def _hear(self, frame: Any) -> None:
        self.heard.append(frame if isinstance(frame, bytes) else frame.encode())

    def has_heard(self, text: bytes) -> bool:
        """Whether a text came over the websocket."""
        return any(text in frame for frame in self.heard)

    def click(self, button: Any, effect: Any) -> None:
        """Click until the effect shows; a click on what is being redrawn is lost."""
        from playwright.sync_api import TimeoutError as NotFound

        for left in reversed(range(TRIES)):
            try:
                button.first.click(timeout=ACTS_WITHIN_MS)
                effect.first.wait_for(timeout=ACTS_WITHIN_MS)
            except NotFound:
                if effect.count():
                    break
                if not left:
                    raise
            else:
                break
        self.page.locator(IDLE).wait_for()

    @property
    def listed(self) -> Any:
        """The buttons of the worklist."""
        return self.page.locator('[class*="st-key-ward_film"] button')

    def opens(self, verdict: str) -> None:
        """Open the first film of that verdict that nobody has."""
        free = self.page.locator('[class*="st-key-ward_film"] button:enabled').filter(has_text="not read")
        self.click(
            free.filter(has_text=f"· {verdict}"),
            self.page.locator(".st-key-ward_decision").get_by_text("yours to read"),
        )

    def decides(self, label: str) -> None:
        """Accept or correct the open film, by the first button whose label begins so; then ask for the next one."""
        panel = self.page.locator(".st-key-ward_decision")
        button = panel.get_by_role("button").filter(has_text=label)
        self.click(button, panel.get_by_text("Your decision on this film"))
        self.click(self.page.get_by_role("button", name="Next patient"), self.listed.filter(has_text="not read"))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path, PEOPLE) as found:
        yield found


def send(running: Service, numbers: range) -> None:
    """A modality stores films in the archive, which forwards them to the node."""
    for number in numbers:
        identifiers = {"PatientName": f"Plantedfamily^Given{number}", "PatientID": f"PLANTED-PID-{number}"}
        running.archive.store(as_bytes(radiograph(number, **identifiers)))


def read_the_rest(ward: Ward, reader: str, name: str) -> None:
    """Claim and decide every film that is free, over and over until none is."""
    while free := [film for film in ward.waiting() if not film.reader]:
        for film in free:
            key, version = film.arrival.key, film.arrival.version
            if ward.claim(key, version, reader, name):
                assert ward.decide(key, version, reader, "normal")


def test_two_readers_and_an_administrator_behind_nginx(running: Service, browser: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("CXR_HOME", str(running.home))
    ward = Ward(running.home / "hospital")
    numbers = range(FILMS - 1, -1, -1)  # most of the last demo films show pneumonia
    send(running, numbers[:FIRST])
    arriving = threading.Thread(target=send, args=(running, numbers[FIRST:]))
    arriving.start()
    anna, ben, carla = (Person(browser, running.proxy.address, subject) for subject in PEOPLE)
    wait_until(lambda: sum(film.arrival.verdict == "pneumonia" for film in ward.waiting()) > 2, 300, "urgent films")

    anna.opens("Pneumonia")
    ben.listed.filter(has_text="being read by Anna Ng").first.wait_for()
    ben.opens("Pneumonia")
    carla.listed.filter(has_text="Plantedfamily Given").first.wait_for()
    carla.opens("Pneumonia")
    anna.page.get_by_role("textbox", name="Note to the report").fill(NOTE)
    anna.page.get_by_role("textbox", name="Note to the report").press("Tab")
    for person, label in ((anna, "Correct: unsure"), (ben, "Accept: pneumonia"), (carla, "Correct: normal")):
        person.decides(label)
    carla.listed.filter(has_text="read by Anna Ng: unsure").first.wait_for()

    for reader in (anna, ben):
        reader.page.goto(f"{running.proxy.address}/evaluate")
        reader.page.get_by_role("heading", name="Diagnose", exact=True, level=1).wait_for()
        assert reader.page.get_by_role("link", name="Evaluate").count() == 0
    carla.page.goto(f"{running.proxy.address}/evaluate")
    carla.page.get_by_role("heading", name="Evaluate", exact=True, level=1).wait_for()

    arriving.join(300)
    wait_until(lambda: sum(ward.counts().values()) == FILMS, 300, "all films read")
    decided = {film.reader_name: film.reader for film in ward.decided()}
    assert len(decided) == len(PEOPLE)
    racing = [
        threading.Thread(target=read_the_rest, args=(ward, decided[name], name)) for name in ("Anna Ng", "Ben Ode")
    ]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join(300)

    films = ward.decided()
    assert (len(films), ward.waiting()) == (FILMS, [])
    assert Counter(film.reader_name for film in films).keys() == {name for _, name in PEOPLE.values()}
    assert_reports_in_archive(running, films)
    for reader in (anna, ben):
        assert reader.heard
        assert not reader.has_heard(FAMILY)
        assert not reader.has_heard(PATIENT_ID)
    assert carla.has_heard(FAMILY)
    assert carla.has_heard(PATIENT_ID)
    for person in (anna, ben, carla):
        person.context.close()

    assert gauges(running)['cxr_worklist_films{state="decided"}'] == FILMS
    assert running.is_healthy("app")
    assert running.is_healthy("node")
    events = [json.loads(line) for line in (running.home / "audit.jsonl").read_text().splitlines()]
    assert Counter(one["event"] for one in events if one["event"] in ("sign_in", "decision")) == {
        "sign_in": len(PEOPLE),
        "decision": len(PEOPLE),
    }
    assert verify() == (len(events), "")
    for name in ("app", "node"):
        assert "Traceback" not in running.log(name)
        assert "Planted" not in running.log(name)


def assert_reports_in_archive(running: Service, films: list[Any]) -> None:
    """Each film has the node's report, and one updated report that references it."""
    wait_until(lambda: len(running.archive.instances("SR")) == 2 * FILMS, 300, "updated reports")
    files = [running.archive.file(instance) for instance in running.archive.instances("SR")]
    reports = [dcmread(io.BytesIO(file)) for file in files]
    referenced = [
        report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
        for report in reports
        if "PredecessorDocumentsSequence" in report
    ]
    version = films[0].arrival.version
    first = {result_uid(radiograph(number).SOPInstanceUID, version, "report") for number in range(FILMS)}
    assert {str(one.ReferencedSOPInstanceUID) for one in referenced} == set(map(str, first))
    assert len(referenced) == FILMS
    assert sum(NOTE.encode() in file for file in files) == 1
