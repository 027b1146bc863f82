"""Who sees patients' names among the archive's studies."""

from dataclasses import replace

import pytest

from cxr_core.access import Account
from cxr_core.app.diagnose import from_archive
from tests.app.test_account import ACCESS


@pytest.mark.parametrize(
    ("setting", "roles", "role", "sees"),
    [
        ("", None, "administrator", False),
        ("1", None, "administrator", True),  # the user of this machine
        ("1", (), "administrator", False),
        ("1", ("administrator",), "administrator", True),
        ("1", ("administrator",), "reader", False),
        ("", ("reader",), "reader", False),
    ],
)
def test_names_are_seen_by_setting_and_role(
    monkeypatch: pytest.MonkeyPatch, setting: str, roles: tuple[str, ...] | None, role: str, sees: bool
) -> None:
    monkeypatch.setenv(from_archive.NAMES, setting)
    access = None if roles is None else replace(ACCESS, patient_names=roles)
    monkeypatch.setattr(from_archive, "settings", lambda: access)
    monkeypatch.setattr(from_archive, "account", lambda: Account("1", role))
    assert from_archive.may_see_patients() is sees
