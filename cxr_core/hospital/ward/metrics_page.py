"""Health and metrics of the node over HTTP, on this machine only: counts and times, nothing of a patient.

/health     200 and "ok", or 503 and what is wrong
/metrics    Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)
"""

import shutil
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cxr_core import __version__
from cxr_core.errors import WorkError, work_error
from cxr_core.hospital.spool import Spool
from cxr_core.hospital.ward.store import Ward

TEXT = "text/plain; version=0.0.4; charset=utf-8"
LOW_DISK = 0.02  # share of the disk that is free
LATE_SECONDS = 900.0  # that the oldest film or result may wait


class MetricsPage:
    """Serves the page while it is open."""

    def __init__(self, spool: Spool, ward: Ward, port: int) -> None:
        """Raises WorkError if the port cannot be used."""
        self._spool, self._ward, self._started = spool, ward, time.time()
        pages = {"/health": self._health, "/metrics": lambda: (200, self._metrics())}
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(pages))
        except OSError as error:
            raise work_error(f"127.0.0.1:{port}", "the metrics cannot be served there", error) from error
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def _health(self) -> tuple[int, str]:
        if self._free() < LOW_DISK:
            return 503, "The disk is nearly full.\n"
        if self._oldest() > LATE_SECONDS:
            return 503, "A film has waited for a quarter of an hour.\n"
        return 200, "ok\n"

    def _metrics(self) -> str:
        now = time.time()
        lines = [*_metric("cxr_info", "Version of the program.", {f'version="{__version__}"': 1.0})]
        lines += _metric("cxr_uptime_seconds", "Since the node was started.", {"": now - self._started})
        by_state = {f'state="{state}"': float(count) for state, count in self._spool.ledger.counts().items()}
        lines += _metric("cxr_instances", "Instances by what became of them.", by_state)
        lines += _metric("cxr_spool_waiting", "Films to be read.", {"": float(len(self._spool.films()))})
        lines += _metric("cxr_outbox_waiting", "Results to be sent.", {"": float(len(self._spool.unsent()))})
        lines += _metric("cxr_oldest_waiting_seconds", "Age of the oldest film to be read.", {"": self._oldest()})
        lines += _metric("cxr_disk_free_ratio", "Free share of the spool's disk.", {"": self._free()})
        by_state = {f'state="{state}"': float(count) for state, count in self._ward.counts().items()}
        lines += _metric("cxr_worklist_films", "Films of the worklist.", by_state)
        lines += _metric(
            "cxr_drifts", "Statistics that have left their limits, ever.", {"": float(len(self._ward.drifts()))}
        )
        return "\n".join(lines) + "\n"

    def _free(self) -> float:
        usage = shutil.disk_usage(self._spool.folder)
        return usage.free / usage.total

    def _oldest(self) -> float:
        films = self._spool.films()
        return max(0.0, time.time() - films[0].arrived) if films else 0.0


def _metric(name: str, about: str, values: dict[str, float]) -> list[str]:
    """The lines of one gauge. values: by its label, 'name="value"', or ""."""
    lines = [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
    return lines + [f"{name}{{{label}}} {value:g}" if label else f"{name} {value:g}" for label, value in values.items()]


def _handler(pages: dict[str, Callable[[], tuple[int, str]]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer one of the two pages."""
            page = pages.get(self.path, lambda: (404, "Accepted are /health and /metrics.\n"))
            try:
                status, text = page()
            except WorkError:
                status, text = 503, "The node's tables cannot be read.\n"
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    return Handler
