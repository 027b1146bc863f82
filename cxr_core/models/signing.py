"""Signatures of exported models: Ed25519 (RFC 8032), this machine's key, and the keys that its users trust.

The private key lies in `signing_key.pem` under the home folder, readable by its owner only; it is created when a model
is first exported. `trusted_keys.json` lists the public keys that a person has confirmed.
"""

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from cxr_core.errors import DamagedRecord, WorkError
from cxr_core.files import locked, store_file
from cxr_core.paths import home
from cxr_core.records import Fields, Record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_GROUP = 4


@dataclass(frozen=True)
class _TrustedKeys(Record):
    what: ClassVar[str] = "the list of trusted keys"
    public_keys: tuple[str, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises ValueError."""
        return cls(values, Fields(values).texts("keys"))


def sign(content: bytes) -> tuple[str, str]:
    """The public key of this machine and its signature of the bytes, both as hex. Raises WorkError."""
    key = _own_key()
    signature: bytes = key.sign(content)
    return _public(key), signature.hex()


def is_signed(content: bytes, public_key: str, signature: str) -> bool:
    """Whether `signature` is that of the bytes by `public_key`; both are hex, and False if they are not."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: str) -> str:
    """The first 20 hexadecimal digits of a public key's sha256 in groups of four, to compare by eye or by telephone."""
    digits = hashlib.sha256(public_key.encode()).hexdigest()[:20]
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def is_trusted(public_key: str) -> bool:
    """Whether a key is this machine's own or one that a person has confirmed."""
    own = home() / "signing_key.pem"
    return public_key in _trusted() or (own.exists() and public_key == _public(_own_key()))


def trust(public_key: str) -> None:
    """Trust a key from now on. Raises WorkError if the list cannot be written."""
    file = home() / "trusted_keys.json"
    with locked(file):
        content = {"keys": sorted({*_trusted(), public_key})}
        with store_file(file, "the list of trusted keys") as part:
            _TrustedKeys.from_dict(content).write(part)


def damage_of_trusted_keys() -> str:
    """A sentence that names the list of trusted keys if it is damaged, else an empty one."""
    try:
        _read_trusted()
    except DamagedRecord as error:
        return str(error)
    return ""


def _trusted() -> tuple[str, ...]:
    """The confirmed keys; none if the list is damaged, which asks for confirmation again."""
    return () if damage_of_trusted_keys() else _read_trusted()


def _read_trusted() -> tuple[str, ...]:
    file = home() / "trusted_keys.json"
    return _TrustedKeys.read(file).public_keys if file.exists() else ()


def _own_key() -> "Ed25519PrivateKey":
    """This machine's private key, created on first use. Raises WorkError."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    file = home() / "signing_key.pem"
    with locked(file):
        if not file.exists():
            pem: bytes = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            with (
                store_file(file, "the signing key") as part,
                os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream,
            ):
                stream.write(pem)
        try:
            key = serialization.load_pem_private_key(file.read_bytes(), None)
        except (OSError, ValueError) as error:
            raise WorkError(
                "is not a private key", thing=file, accepted="restore it, or remove it for a new one"
            ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise WorkError("is not an Ed25519 key", thing=file, accepted="restore it, or remove it for a new one")
    return key


def _public(key: "Ed25519PrivateKey") -> str:
    raw: bytes = key.public_key().public_bytes_raw()
    return raw.hex()
