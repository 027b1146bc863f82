"""Who may use the app, and for what: without sign-in on this machine only, else by the settings in `access.toml`.

`access.toml` lies under the home folder, readable by its owner alone:

    address = "https://cxr.example.org"        # where browsers find the server
    metadata_url = "https://id.example.org/.well-known/openid-configuration"
    client_id = "cxr"
    client_secret = "..."
    role_claim = "roles"                        # the claim that holds a person's roles, a text or a list
    idle_minutes = 30
    data_roots = ["/data/films"]                # researchers open data sets below these only
    upload_megabytes_a_minute = 2000            # of one person
    patient_names = ["administrator"]           # roles that see names in the archive, where CXR_ARCHIVE_NAMES is 1
    [roles]
    reader = ["radiology"]
    researcher = ["data-science"]
    administrator = ["cxr-admin"]
    [quotas]                                    # gigabytes of one account, and of all together
    drops = [20, 200]                           # archives that were dropped on a page
    downloads = [20, 200]
    archives = [50, 500]                        # unpacked
    runs = [50, 500]

A reader reads films on Diagnose; a researcher uses all pages and deletes what is theirs; an administrator deletes
anyone's.
"""

import hashlib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxr_core.errors import SettingsError
from cxr_core.paths import home_path

ROLES = READER, RESEARCHER, ADMINISTRATOR = "reader", "researcher", "administrator"
QUOTAS = {"drops": (20.0, 200.0), "downloads": (20.0, 200.0), "archives": (50.0, 500.0), "runs": (50.0, 500.0)}
"""Gigabytes of one account, and of all together, by kind; see `quotas.py`."""
HOW_TO_CONFIGURE = "configure sign-in in access.toml under CXR_HOME, see docs/security.md"


@dataclass(frozen=True)
class Account:
    """Who uses the app. id: "" for the user of this machine. role: one of ROLES. name: shown on the page only."""

    id: str = ""
    role: str = ADMINISTRATOR
    name: str = ""

    @property
    def is_local(self) -> bool:
        """Whether nobody signs in: one user, on the machine itself."""
        return not self.id

    @property
    def may_research(self) -> bool:
        """Whether the account may use data sets, runs, models and evaluations."""
        return self.role in (RESEARCHER, ADMINISTRATOR)

    def may_delete(self, owner: str) -> bool:
        """Whether the account may delete what belongs to `owner`, an account's id."""
        return self.role == ADMINISTRATOR or (self.role == RESEARCHER and owner == self.id)


LOCAL = Account()
"""The user of this machine."""


@dataclass(frozen=True)
class SignIn:
    """The settings of `access.toml`.

    roles: for each of ROLES the values of `role_claim` that give it. patient_names: the roles that see patients' names.
    quotas: see QUOTAS.
    """

    address: str
    metadata_url: str
    client_id: str
    client_secret: str
    role_claim: str
    roles: Mapping[str, tuple[str, ...]]
    idle_minutes: float
    data_roots: tuple[Path, ...]
    upload_megabytes_a_minute: float
    patient_names: tuple[str, ...] = ()
    quotas: Mapping[str, tuple[float, float]] = field(default_factory=lambda: QUOTAS)

    @property
    def host(self) -> str:
        """The host name under which browsers find the server."""
        return urlsplit(self.address).hostname or ""

    def account(self, claims: Mapping[str, Any]) -> Account | None:
        """The account of a signed-in person, with the highest role that the claims give; None if they give none."""
        value = claims.get(self.role_claim)
        given = {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
        for role in reversed(ROLES):
            if given & set(self.roles.get(role, ())):
                person = f"{claims.get('iss', '')} {claims['sub']}"
                name = str(claims.get("name") or claims.get("email") or "")
                return Account(hashlib.sha256(person.encode()).hexdigest()[:16], role, name)
        return None

    def may_open(self, source: Path, home: Path) -> bool:
        """Whether a data set may be opened: below a configured root, or one that was added under the home folder."""
        real = source.expanduser().resolve()
        roots = [root.resolve() for root in self.data_roots]
        return any(real.is_relative_to(root) for root in [*roots, *(home / name for name in ("data", "demo"))])


def sign_in_settings() -> SignIn | None:
    """The settings of `access.toml`; None without such a file. Raises SettingsError for one that cannot be used."""
    file = home_path() / "access.toml"
    if not file.exists():
        return None
    try:
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SettingsError("others can read it", thing=file, accepted="accepted is mode 0600")
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot be read ({error})", thing=file) from error
    missing = [name for name in ("address", "metadata_url", "client_id", "client_secret") if not _text(content, name)]
    if missing:
        raise SettingsError(f"{missing[0]} is missing", thing=file, accepted="accepted is a text in quotes")
    address = urlsplit(content["address"])
    if address.scheme not in ("http", "https") or not address.hostname or address.path not in ("", "/"):
        raise SettingsError(
            f"address {content['address']!r}", thing=file, accepted="accepted is https:// and a host name"
        )
    if address.scheme == "http" and not is_this_machine(address.hostname):
        raise SettingsError(
            f"address {content['address']!r} is not encrypted", thing=file, accepted="accepted is https://"
        )
    roles = content.get("roles")
    if not isinstance(roles, dict) or not roles or set(roles) - set(ROLES):
        raise SettingsError("[roles]", thing=file, accepted=f"accepted are lists for {', '.join(ROLES)}")
    return SignIn(
        address=content["address"].rstrip("/"),
        metadata_url=content["metadata_url"],
        client_id=content["client_id"],
        client_secret=content["client_secret"],
        role_claim=_text(content, "role_claim") or "roles",
        roles={role: tuple(map(str, values)) for role, values in roles.items()},
        idle_minutes=_positive(file, content, "idle_minutes", 30),
        data_roots=tuple(Path(root) for root in content.get("data_roots", [])),
        upload_megabytes_a_minute=_positive(file, content, "upload_megabytes_a_minute", 2000),
        patient_names=tuple(map(str, content.get("patient_names", []))),
        quotas=_quotas(file, content.get("quotas", {})),
    )


def check_start(bound: str, allowed_hosts: list[str], settings: SignIn | None) -> None:
    """Raises SettingsError if the server would answer others than the user of this machine without sign-in.

    bound: the address to listen at. allowed_hosts: the host names to answer to.
    """
    if settings is not None:
        return
    elsewhere = [host for host in [bound, *allowed_hosts] if not is_this_machine(host)]
    if elsewhere:
        raise SettingsError(
            f"the server would answer anyone at {elsewhere[0] or 'every address'} without sign-in",
            accepted=f"accepted is 127.0.0.1; to serve others, {HOW_TO_CONFIGURE}",
        )


def is_this_machine(host: str) -> bool:
    """Whether an address or name is the loopback interface."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _quotas(file: Path, given: object) -> dict[str, tuple[float, float]]:
    """QUOTAS with those that are given. Raises SettingsError for another kind, or for what is not two numbers."""
    if not isinstance(given, dict) or set(given) - set(QUOTAS):
        raise SettingsError("[quotas]", thing=str(file), accepted=f"accepted are {', '.join(QUOTAS)}")
    for kind, pair in given.items():
        numbers = [one for one in pair if type(one) in (int, float) and one >= 0] if isinstance(pair, list) else []
        if len(numbers) != 2:
            accepted = "accepted are two numbers of gigabytes, of an account and of all together"
            raise SettingsError(f"quotas {kind} {pair!r}", thing=str(file), accepted=accepted)
    return QUOTAS | {kind: (float(own), float(all_)) for kind, (own, all_) in given.items()}


def _positive(file: Path, content: Mapping[str, Any], name: str, default: float) -> float:
    value = content.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise SettingsError(f"{name} {value!r}", thing=file, accepted="accepted is a number above 0")
    return float(value)
