"""What the node does for the ward: keeps what was read, sends readers' decisions, follows what comes in."""

import io
import logging
import os
import threading
import time
from dataclasses import replace
from datetime import datetime

from pydicom import dcmread

from cxr_core import audit
from cxr_core.access import Account, sign_in_settings
from cxr_core.errors import CXRError, NotFound
from cxr_core.hospital.results.updated_report import updated_report
from cxr_core.hospital.spool import Spool, SpooledFilm
from cxr_core.hospital.ward.arrival import NOBODY, Arrival, Identity
from cxr_core.hospital.ward.monitor import drifts_of
from cxr_core.hospital.ward.store import Decision, Ward
from cxr_core.log import log_surprise

_log = logging.getLogger(__name__)
POLL = 1.0  # seconds between looks for decisions
HOUR = 3600.0  # between looks at what came in
REPORT = "report.dcm"


class Keeper:
    """Keeps one node's ward.

    days: films stay on the worklist for, None for no worklist. shadow: films are kept for a comparison instead.
    updates: whether readers' decisions go to the archive.
    """

    def __init__(self, spool: Spool, ward: Ward, days: float | None, shadow: bool, updates: bool) -> None:
        self._spool, self._ward, self._days, self._shadow, self._updates = spool, ward, days, shadow, updates
        self._looked = time.monotonic()
        ward.set(updates="yes" if updates else "", worklist="yes" if days is not None else "")

    def keep(self, film: SpooledFilm, arrival: Arrival) -> None:
        """Store a film that was read, before it leaves the spool. Raises WorkError."""
        if self._shadow:
            identity = arrival.identity
            arrival = _of(arrival, Identity(accession=identity.accession, pseudonym=identity.pseudonym))
            self._ward.add(arrival, "shadow", arrived=film.arrived)
        elif self._days is not None:
            self._ward.add(arrival, "worklist", film.file, film.arrived)
        else:
            self._ward.add(_of(arrival, NOBODY), "", arrived=film.arrived)

    def run(self, stop: threading.Event) -> None:
        """Send decisions, and once an hour forget old films and look for drifts, until `stop` is set."""
        self._look()
        while not stop.wait(POLL):
            if self._updates:
                for decision in self._ward.unsent():
                    self._send(decision)
            if time.monotonic() - self._looked >= HOUR:
                self._look()
        self._look()

    def _send(self, decision: Decision) -> None:
        """Put a decision into the outbox as a report. Raises WorkError if the disk fails; it is then sent later."""
        if report := self._report(decision):
            self._spool.enclose(decision.key, f"{decision.version}+{decision.number}", {REPORT: report})
            _log.info("Decided %s", decision.key)
        self._ward.sent(decision)

    def _report(self, decision: Decision) -> bytes | None:
        """The report on a decision; None for a film that is no longer kept, or whose header allows none."""
        try:
            film = self._ward.find(decision.key, decision.version)
            source = dcmread(io.BytesIO(self._ward.film(decision.key)), stop_before_pixels=True)
            source.remove_private_tags()
            about = (decision.version, decision.number, decision.own, film.arrival.verdict)
            made = datetime.now().astimezone()
            return updated_report(source, *about, decision.reader_name, decision.note, made)
        except NotFound:
            _log.warning("No updated report on %s: the film is no longer kept", decision.key)
        except CXRError:
            raise
        except Exception as error:  # of pydicom or highdicom, for headers that break the standard
            _log.warning("No updated report on %s: error %s", decision.key, log_surprise(_log, error))
        return None

    def _look(self) -> None:
        """Forget old films, and say of what has drifted: in the log, for the pages, and in the audit log."""
        self._looked = time.monotonic()
        if self._days is not None:
            self._ward.forget(self._days)
        for drift in drifts_of(self._ward.measured()):
            if not self._ward.add_drift(drift):
                continue
            _log.warning("Drift in the week of %s: %s", drift.week, drift.statistic)
            if sign_in_settings() is not None:
                node = Account(f"uid-{os.getuid()}", name="the node")
                audit.record(node, "drift", week=drift.week, statistic=drift.statistic, version=drift.version)


def _of(arrival: Arrival, identity: Identity) -> Arrival:
    return replace(arrival, identity=identity)
