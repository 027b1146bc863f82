"""Pseudonyms of patients: the key that they are made with lies under the home folder and never leaves it.

A plain hash of a patient's id is no pseudonym: ids are short, and all of seven digits are hashed in seconds.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cxr_core.errors import WorkError, work_error
from cxr_core.paths import HOW_TO_MEND, home
from cxr_core.tables import PSEUDONYM

KEY_BYTES = 32


def pseudonym(patient_id: str) -> str:
    """A patient's pseudonym on this machine: PSEUDONYM and 16 hexadecimal digits of HMAC-SHA-256 (RFC 2104).

    Raises WorkError if the key cannot be read or stored.
    """
    digest = hmac.new(secret_key("patient.key"), patient_id.encode("utf-8", "surrogateescape"), hashlib.sha256)
    return PSEUDONYM + digest.hexdigest()[:16]


def secret_key(name: str, folder: Path | None = None) -> bytes:
    """KEY_BYTES random bytes in a file that only its owner reads, created on first use; by default in the home folder.

    Raises WorkError if the file cannot be read or stored, or has another length.
    """
    file = (folder or home()) / name
    try:
        if not file.exists():
            _create(file)
        key = file.read_bytes()
    except OSError as error:
        raise work_error(file, "the key cannot be stored or read", error, HOW_TO_MEND) from error
    if len(key) != KEY_BYTES:
        raise WorkError(
            f"holds {len(key)} bytes, where a key has {KEY_BYTES}", thing=file, accepted="delete it to get a new key"
        )
    return key


def _create(file: Path) -> None:
    """Written beside it and linked in place: of two processes that create a key, both then read the first one's."""
    part = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(6)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(part, file)
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)
