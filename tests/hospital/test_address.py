"""Callers, archives and accounts, as people write them."""

from pathlib import Path

import pytest

from cxr_core.errors import InputError, SettingsError
from cxr_core.hospital.address import Caller, Peer, WebArchive, configured_archive


def test_a_caller_and_an_archive_are_parsed() -> None:
    assert Caller.parse("CR ROOM 2@192.0.2.7") == Caller("CR ROOM 2", "192.0.2.7")
    assert Peer.parse("ORTHANC@127.0.0.1:4242") == Peer("ORTHANC", "127.0.0.1", 4242)
    assert Peer.parse("PACS@[::1]:104") == Peer("PACS", "::1", 104)


@pytest.mark.parametrize("text", ["", "X", "@127.0.0.1", "X@somewhere", "A" * 17 + "@127.0.0.1", "a\\b@127.0.0.1"])
def test_what_is_no_caller_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        Caller.parse(text)


@pytest.mark.parametrize("text", ["", "X", "X@host", "X@host:0", "X@host:99999", "X@:104", "@host:104"])
def test_what_is_no_archive_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        Peer.parse(text)


def test_the_account_comes_from_the_environment_or_a_private_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert WebArchive.from_environment() is None
    with pytest.raises(InputError, match="CXR_ARCHIVE_URL: is not set"):
        configured_archive()
    monkeypatch.setenv("CXR_ARCHIVE_URL", "https://pacs.example/dicom-web/")
    monkeypatch.setenv("CXR_ARCHIVE_USER", "me")
    monkeypatch.setenv("CXR_ARCHIVE_PASSWORD", "secret-word")
    found = configured_archive()
    assert (found.url, found.user, found.password) == ("https://pacs.example/dicom-web", "me", "secret-word")
    assert "secret-word" not in repr(found)
    file = tmp_path / "account"
    file.write_text("Bearer token-word\n")
    monkeypatch.setenv("CXR_ARCHIVE_CREDENTIALS", str(file))
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        configured_archive()
    file.chmod(0o600)
    assert configured_archive().token == "token-word"
    file.write_text("us:er:word\n")
    assert (configured_archive().user, configured_archive().password) == ("us", "er:word")


@pytest.mark.parametrize(
    ("url", "password"),
    [("ftp://host/x", ""), ("host/x", ""), ("https://me:word@host/x", ""), ("http://pacs.example/x", "word")],
)
def test_an_address_that_would_give_the_password_away_is_refused(url: str, password: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        WebArchive(url, "me" if password else "", password)
    assert "word" not in str(refusal.value).replace("password", "")
