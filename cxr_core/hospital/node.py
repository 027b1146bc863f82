"""The DICOM node: an SCP of storage and verification (PS3.4 A and B) that spools what listed callers send."""

import hashlib
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydicom import Dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from cxr_core.errors import SettingsError, WorkError, work_error
from cxr_core.hospital.address import Caller, plain_address
from cxr_core.hospital.checks import SOP_CLASSES
from cxr_core.hospital.identity import instance_key
from cxr_core.hospital.spool import QuotaExceeded, Spool
from cxr_core.imaging.decode import MAX_BYTES
from cxr_core.log import log_surprise

_log = logging.getLogger(__name__)
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)  # it logs data sets and messages of callers

# PS3.4 Table B.2-1 and PS3.7 Annex C: the answers to C-STORE.
SUCCESS, NO_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000
_NOT_RECOGNISED = (0x01, 0x01, 0x03)  # rejected permanently, by the user, calling AE title not recognised (PS3.8 9.3.4)
TRANSFER_SYNTAXES: tuple[UID, ...] = (
    *(ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian),
    *(JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1, JPEGLSLossless, JPEGLSNearLossless),
    *(JPEG2000Lossless, JPEG2000, RLELossless),
)


@dataclass(frozen=True)
class Tls:
    """The node's certificate and key in PEM; with `authority`, callers need a certificate signed by it."""

    certificate: Path
    key: Path
    authority: Path | None = None

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer (PS3.15 B.12, BCP 195). Raises SettingsError if a file cannot be used."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
            if self.authority:
                context.load_verify_locations(self.authority)
                context.verify_mode = ssl.CERT_REQUIRED
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"not a usable certificate and key in PEM ({type(error).__name__})", thing=self.certificate
            ) from None
        return context


class Node:
    """Listens until it is stopped. `arrived` is called whenever a film was stored, from the caller's thread."""

    def __init__(
        self, title: str, callers: list[Caller], spool: Spool, arrived: Callable[[], None] = lambda: None
    ) -> None:
        self._callers, self._spool, self._arrived = frozenset(callers), spool, arrived
        self._entity = AE(ae_title=title)
        self._entity.require_called_aet = True
        self._entity.maximum_associations = 20
        self._entity.maximum_pdu_size = 128 * 1024  # fewer, larger pieces: receiving costs a third of the time
        self._entity.network_timeout = 60
        self._entity.add_supported_context(Verification)
        for sop_class in SOP_CLASSES:
            self._entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))

    def start(self, address: str, port: int, tls: Tls | None = None) -> None:
        """Listen at an address of this machine. Raises WorkError if the port cannot be used."""
        handlers: list[Any] = [
            (evt.EVT_CONN_OPEN, no_delay),
            (evt.EVT_PDU_SENT, acknowledge_at_once),
            (evt.EVT_REQUESTED, self._admit),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_ECHO, lambda event: SUCCESS),
        ]
        try:
            context = tls.context() if tls else None
            self._entity.start_server((address, port), block=False, evt_handlers=handlers, ssl_context=context)
        except OSError as error:
            raise work_error(f"{address}:{port}", "the node cannot listen there", error) from error

    def stop(self) -> None:
        """End all associations and stop listening."""
        self._entity.shutdown()

    def _admit(self, event: evt.Event) -> None:
        """Reject a caller whose title and address are not listed together."""
        request = event.assoc.requestor.primitive
        if request is None:  # never after a request
            return
        title = str(request.calling_ae_title).strip()
        address = plain_address(event.assoc.requestor.address)
        if Caller(title, address) not in self._callers:
            _log.warning("Refused an association from %s: the AE title and this address are not listed.", address)
            event.assoc.acse.send_reject(*_NOT_RECOGNISED)
            event.assoc.kill()

    def _store(self, event: evt.Event) -> int | Dataset:
        """Store one instance; the answer is sent when it is safe on disk."""
        try:
            data = event.encoded_dataset()  # a file (PS3.10 7.1)
            if len(data) > MAX_BYTES:
                return _status(CANNOT_UNDERSTAND, f"More than {MAX_BYTES:,} bytes.")
            key = instance_key(str(cast(C_STORE, event.request).AffectedSOPInstanceUID))
            stored = self._spool.receive(key, data, hashlib.sha256(data).hexdigest())
        except QuotaExceeded as error:
            _log.error("Refused a film: %s", error)
            return _status(NO_RESOURCES, "The spool is full.")
        except WorkError as error:
            _log.error("Refused a film: %s", error)
            return _status(NO_RESOURCES, "The film cannot be stored.")
        except Exception as error:  # what a caller sends must not end the node
            number = log_surprise(_log, error)
            return _status(CANNOT_UNDERSTAND, f"Error {number}.")
        _log.info("%s %s", "Received" if stored else "Received again, not read again:", key)
        if stored:
            self._arrived()
        return SUCCESS


def no_delay(event: evt.Event) -> None:
    """Send small pieces at once: else each waits up to 40 ms for the other side (RFC 896, RFC 1122 4.2.3.2)."""
    connection = event.assoc.dul.socket
    if connection is not None and connection.socket is not None:
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def acknowledge_at_once(event: evt.Event) -> None:
    """Acknowledge the caller's next piece without delay, where the system can (Linux).

    Callers built on DCMTK send a header, then wait for its acknowledgement, which is delayed by 40 ms (RFC 1122
    4.2.3.2): receiving a film of 50 kB takes 45 ms with the delay and 5 ms without. Each answer turns it on again.
    """
    option = getattr(socket, "TCP_QUICKACK", None)
    connection = event.assoc.dul.socket
    if option is not None and connection is not None and connection.socket is not None:
        with suppress(OSError):  # the caller has hung up
            connection.socket.setsockopt(socket.IPPROTO_TCP, option, 1)


def _status(code: int, comment: str) -> Dataset:
    status = Dataset()
    status.Status = code
    status.ErrorComment = comment[:64]  # VR LO
    return status
