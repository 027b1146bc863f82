"""Results go to the archive: by C-STORE (PS3.4 B) or by STOW-RS (PS3.18 10.5), until it has them.

A result that the archive has already is stored again under the same UID, so that sending twice changes nothing.
"""

import io
import logging
import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association

from cxr_core.errors import SettingsError, WorkError
from cxr_core.hospital.address import Peer, WebArchive
from cxr_core.hospital.archive import Archive, ArchiveUnreachable
from cxr_core.hospital.checkpoint import repair
from cxr_core.hospital.node import Tls, no_delay

_log = logging.getLogger(__name__)
_config.STORE_SEND_CHUNKED_DATASET = True  # results are sent as they lie on the disk, without decoding them
_CONTEXTS = (
    (ComprehensiveSRStorage, ExplicitVRLittleEndian),
    (SecondaryCaptureImageStorage, JPEGBaseline8Bit),
    (EncapsulatedPDFStorage, ExplicitVRLittleEndian),
)
POLL = 0.01  # seconds between a connection's looks at its socket; by default 0.001, at ten times the processor time
# Success, and the warnings under which the archive has stored the instance (PS3.4 Table B.2-1).
_STORED = (0x0000, 0xB000, 0xB006, 0xB007)


class Sender(Protocol):
    """Stores DICOM files in an archive."""

    def send(self, files: Sequence[Path]) -> None:
        """Store all of them, in their order. Raises WorkError if one cannot be read or the archive did not take one."""

    def close(self) -> None:
        """End the connection."""


class StoreSender:
    """Sends by C-STORE over one association, which is opened when it is needed and kept open."""

    def __init__(self, title: str, peer: Peer, tls: ssl.SSLContext | None = None) -> None:
        """title: of this program. tls: for an archive that listens with TLS."""
        self._peer, self._tls = peer, tls
        self._entity = AE(ae_title=title)
        self._entity.connection_timeout = 10
        self._entity.dimse_timeout = self._entity.acse_timeout = 60
        self._entity.maximum_pdu_size = 0  # as large as the archive likes
        for sop_class, syntax in _CONTEXTS:
            self._entity.add_requested_context(sop_class, syntax)
        self._association: Association | None = None

    def send(self, files: Sequence[Path]) -> None:
        """Store all of them, as `Sender.send`. Raises ArchiveUnreachable too."""
        association = self._open()
        for file in files:
            try:
                status = association.send_c_store(file).get("Status")
            except (OSError, AttributeError, InvalidDicomError) as error:  # the latter two for damaged files
                self.close()
                raise _unreadable(file, error) from None
            except (ValueError, RuntimeError) as error:  # no such presentation context; the association has ended
                self.close()
                raise WorkError(f"does not take {file.name} ({type(error).__name__})", thing=self._peer.title) from None
            if status not in _STORED:
                self.close()
                if status is None:
                    raise ArchiveUnreachable("the association ended before an answer", thing=self._peer.title)
                raise WorkError(f"answered 0x{status:04X} to {file.name}", thing=self._peer.title)

    def close(self) -> None:
        """End the association."""
        if self._association is not None:
            with suppress(Exception):  # it may have ended in any way
                self._association.release()
        self._association = None

    def _open(self) -> Association:
        if self._association is None or not self._association.is_established:
            self.close()
            peer = self._peer
            tls = (self._tls, peer.host) if self._tls else None
            opened = self._entity.associate(
                peer.host, peer.port, ae_title=peer.title, tls_args=tls, evt_handlers=[(evt.EVT_CONN_OPEN, no_delay)]
            )
            if not opened.is_established:
                raise ArchiveUnreachable(
                    "no association; is the archive running?", thing=f"{peer.title} at {peer.host}:{peer.port}"
                )
            repair(opened)
            opened.dul._run_loop_delay = POLL
            self._association = opened
        return self._association


class WebSender:
    """Sends by STOW-RS, one request for all results of a film."""

    def __init__(self, archive: WebArchive) -> None:
        self._archive = Archive(archive)

    def send(self, files: Sequence[Path]) -> None:
        """Store all of them, as `Sender.send`. Raises ArchiveUnreachable too."""
        self._archive.store([_read(file) for file in files])

    def close(self) -> None:
        """End the connection."""
        self._archive.close()


def archive_tls(authority: Path | None, own: Tls | None) -> ssl.SSLContext | None:
    """TLS to an archive whose certificate `authority` (PEM) signed; None without it. Shows the node's own certificate.

    Raises SettingsError if a file cannot be used.
    """
    if authority is None:
        return None
    try:
        context = ssl.create_default_context(cafile=authority)
        if own:
            context.load_cert_chain(own.certificate, own.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"not a usable certificate in PEM ({type(error).__name__})", thing=authority) from None
    return context


def _read(file: Path) -> Dataset:
    try:
        return dcmread(io.BytesIO(file.read_bytes()))
    except Exception as error:  # a damaged disk; pydicom raises its own errors
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> WorkError:
    return WorkError(f"{file.name} in the outbox cannot be read ({type(error).__name__})", thing=file.parent.name)
