"""Who may send films to the node, and where results go: parsed from the command line and the environment."""

import os
import re
import stat
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cxr_core.errors import InputError, SettingsError

URL, USER, PASSWORD, CREDENTIALS = (
    *("CXR_ARCHIVE_URL", "CXR_ARCHIVE_USER", "CXR_ARCHIVE_PASSWORD"),
    "CXR_ARCHIVE_CREDENTIALS",
)
_TITLE = re.compile(r"(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )")  # VR AE, PS3.5 6.2


@dataclass(frozen=True)
class Caller:
    """A modality or archive that may send films: its AE title, and the address that it calls from."""

    title: str
    address: str

    @classmethod
    def parse(cls, text: str) -> "Caller":
        """From "TITLE@ADDRESS", for example "MODALITY@127.0.0.1". Raises SettingsError."""
        title, _, address = text.rpartition("@")
        try:
            return cls(checked_title(title), plain_address(address))
        except ValueError:
            raise SettingsError(
                thing=repr(text), accepted="a caller is TITLE@ADDRESS, for example MODALITY@127.0.0.1"
            ) from None


@dataclass(frozen=True)
class Peer:
    """A DICOM node that results are sent to by C-STORE: AE title, host and port."""

    title: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Peer":
        """From "TITLE@HOST:PORT", for example "ORTHANC@127.0.0.1:4242". Raises SettingsError."""
        title, _, place = text.rpartition("@")
        host, _, port = place.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise SettingsError(
                thing=repr(text), accepted="an archive is TITLE@HOST:PORT, for example ORTHANC@127.0.0.1:4242"
            )
        return cls(checked_title(title), host.strip("[]"), int(port))


@dataclass(frozen=True)
class WebArchive:
    """The base address of a DICOMweb service (PS3.18), and the account to use.

    user and password: for HTTP Basic (RFC 7617); token: for Bearer (RFC 6750). None of them is ever printed.
    """

    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(thing=URL, accepted="the archive's address begins with http:// or https://")
        if parts.username or parts.password:
            raise SettingsError(f"the account belongs into {USER} and {PASSWORD}, or into a file, not here", thing=URL)
        if parts.scheme == "http" and (self.password or self.token) and not _is_loopback(parts.hostname):
            raise SettingsError(
                "over http:// the password could be read on the way", thing=URL, accepted="https:// is accepted"
            )

    @classmethod
    def from_environment(cls) -> "WebArchive | None":
        """The archive that the environment names, or None without CXR_ARCHIVE_URL.

        The account is CXR_ARCHIVE_USER and CXR_ARCHIVE_PASSWORD, or the one line "user:password" or "Bearer TOKEN" of
        the file that CXR_ARCHIVE_CREDENTIALS names, which only its owner may read. Raises SettingsError.
        """
        url = os.environ.get(URL, "").strip()
        if not url:
            return None
        if file := os.environ.get(CREDENTIALS):
            line = _private_line(Path(file).expanduser())
            if line.startswith("Bearer "):
                return cls(url.rstrip("/"), token=line.removeprefix("Bearer ").strip())
            user, colon, password = line.partition(":")
            if not colon:
                raise SettingsError(thing=CREDENTIALS, accepted="one line is accepted, user:password or Bearer TOKEN")
            return cls(url.rstrip("/"), user, password)
        return cls(url.rstrip("/"), os.environ.get(USER, ""), os.environ.get(PASSWORD, ""))


def configured_archive() -> WebArchive:
    """The archive that the environment names. Raises InputError where it names none."""
    archive = WebArchive.from_environment()
    if archive is None:
        raise InputError(
            "is not set",
            thing=URL,
            accepted="it is the address of the archive's DICOMweb service, https://host/dicom-web",
        )
    return archive


def checked_title(title: str) -> str:
    """An AE title of 1 to 16 characters. Raises SettingsError for any other text."""
    if not _TITLE.fullmatch(title):
        raise SettingsError(
            thing=f"AE title {title[:32]!r}", accepted="1 to 16 ASCII characters without a backslash are accepted"
        )
    return title


def plain_address(text: str) -> str:
    """An IP address in one spelling; an IPv4 address that an IPv6 socket reports as such. Raises ValueError."""
    address = ip_address(text)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _private_line(file: Path) -> str:
    """The first line of a file that only its owner may read. Raises SettingsError."""
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError("others may read this file", thing=file, accepted="`chmod 600` it")
        return file.read_text().strip().splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise SettingsError(f"the file that {CREDENTIALS} names cannot be read, or is empty", thing=file) from None
