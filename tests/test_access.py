"""Who may use the app, and for what."""

from pathlib import Path

import pytest

from cxr_core.access import Account, SignIn, check_start, sign_in_settings
from cxr_core.errors import SettingsError

HOSTS = ["127.0.0.1", "localhost", "::1"]
TEXT = """
address = "https://cxr.example.org/"
metadata_url = "https://id.example.org/.well-known/openid-configuration"
client_id = "cxr"
client_secret = "secret"
data_roots = ["{root}"]
[roles]
reader = ["radiology"]
administrator = ["cxr-admin"]
researcher = ["data-science"]
"""


@pytest.fixture
def written(cxr_home: Path, tmp_path: Path) -> Path:
    cxr_home.mkdir()
    file = cxr_home / "access.toml"
    file.write_text(TEXT.format(root=tmp_path / "films"))
    file.chmod(0o600)
    return file


@pytest.fixture
def access(written: Path) -> SignIn:
    found = sign_in_settings()
    assert found is not None
    return found


@pytest.mark.parametrize("bound", ["0.0.0.0", "", "192.168.1.5", "::", "cxr.example.org", "127.0.0.1.example.org"])
def test_nobody_else_is_served_without_sign_in(bound: str) -> None:
    with pytest.raises(SettingsError, match=r"without sign-in; .*access\.toml"):
        check_start(bound, HOSTS, None)


@pytest.mark.parametrize("bound", [*HOSTS, "127.0.0.2"])
def test_this_machine_needs_no_sign_in(bound: str) -> None:
    assert sign_in_settings() is None
    check_start(bound, HOSTS, None)


@pytest.mark.parametrize("host", ["cxr.example.org", "*", "*.example.org"])
def test_a_public_host_name_needs_sign_in(host: str, access: SignIn) -> None:
    with pytest.raises(SettingsError, match="without sign-in"):
        check_start("127.0.0.1", [*HOSTS, host], None)
    check_start("0.0.0.0", [*HOSTS, host], access)


def test_the_highest_role_of_the_claim_counts(access: SignIn) -> None:
    def role(value: object) -> str | None:
        account = access.account({"sub": "1", "iss": "https://id", "roles": value})
        return account and account.role

    assert role("radiology") == "reader"
    assert role(["radiology", "cxr-admin", "other"]) == "administrator"
    assert [role(value) for value in ("other", [], None, 7, {"radiology": 1}, "")] == [None] * 6
    one, two = (access.account({"sub": "1", "iss": iss, "roles": "radiology"}) for iss in ("https://a", "https://b"))
    assert one is not None
    assert two is not None
    assert one.id != two.id


def test_what_a_role_may_do() -> None:
    reader, researcher, administrator = (Account("me", role) for role in ("reader", "researcher", "administrator"))
    assert [one.may_research for one in (reader, researcher, administrator)] == [False, True, True]
    assert [one.may_delete("me") for one in (reader, researcher, administrator)] == [False, True, True]
    assert [one.may_delete("other") for one in (reader, researcher, administrator)] == [False, False, True]
    assert Account().may_delete("")


def test_only_configured_folders_are_opened(access: SignIn, tmp_path: Path, cxr_home: Path) -> None:
    films = tmp_path / "films" / "set"
    films.mkdir(parents=True)
    (tmp_path / "films" / "link").symlink_to("/etc")
    assert access.may_open(films, cxr_home)
    assert access.may_open(cxr_home / "data" / "dropped-1", cxr_home)
    for elsewhere in ("/etc", tmp_path, films / ".." / ".." / "x", tmp_path / "films" / "link", tmp_path / "films2"):
        assert not access.may_open(Path(elsewhere), cxr_home), elsewhere
    assert not access.may_open(cxr_home / "runs", cxr_home)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('client_id = "cxr"', "", "client_id is missing"),
        ('client_id = "cxr"', "client_id = 7", "client_id is missing"),
        ("https://cxr.example.org/", "http://cxr.example.org", "not encrypted"),
        ("https://cxr.example.org/", "ftp://x", "accepted is https"),
        ("[roles]", "idle_minutes = 0\n[roles]", "idle_minutes 0"),
        ("reader =", "reder =", "accepted are lists for reader, researcher, administrator"),
        ("[roles]", "[roles", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_used_are_one_sentence(written: Path, old: str, new: str, problem: str) -> None:
    written.write_text(written.read_text().replace(old, new))
    with pytest.raises(SettingsError, match=problem) as caught:
        sign_in_settings()
    assert "\n" not in str(caught.value)
    assert str(written) in str(caught.value)


def test_a_secret_that_others_can_read_is_refused(written: Path) -> None:
    written.chmod(0o644)
    with pytest.raises(SettingsError, match="others can read it; accepted is mode 0600"):
        sign_in_settings()
