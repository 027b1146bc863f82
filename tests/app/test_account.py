"""The account of a session by AppTest: pages by role, readings by reader, idle sessions, uploads."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.access import SignIn
from cxr_core.app import account
from cxr_core.app.account import Sessions, check_data_set
from cxr_core.app.upload_rate import UploadRate
from cxr_core.errors import DataSetError
from cxr_core.inference.reader_log import OwnReading, ReadingLog
from tests.conftest import REPOSITORY

ACCESS = SignIn(
    address="https://cxr.example.org",
    metadata_url="https://id.example.org",
    client_id="cxr",
    client_secret="s",
    role_claim="roles",
    roles={"reader": ("radiology",), "researcher": ("science",)},
    idle_minutes=30,
    data_roots=(),
    upload_megabytes_a_minute=1,
)


class User(dict[str, Any]):
    """Streamlit's `st.user`."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> User:
    """Sign-in is configured; who is signed in is what the test writes here."""
    signed_in = User()
    monkeypatch.setattr(account, "settings", lambda: ACCESS)
    monkeypatch.setattr(account, "sessions", Sessions())
    monkeypatch.setattr("streamlit.user", signed_in)
    return signed_in


def app() -> AppTest:
    return AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90)


def signed_in(role: str, subject: str = "1", made: float | None = None) -> dict[str, Any]:
    made = time.time() if made is None else made
    return {"is_logged_in": True, "sub": subject, "iss": "https://id", "roles": [role], "iat": made}


def titles(page: AppTest) -> list[str]:
    assert not page.exception
    return [one.value for one in page.title]


def test_nobody_sees_a_page_before_signing_in(user: User) -> None:
    page = app().run()
    assert titles(page) == ["CXR Workbench"]
    assert [one.label for one in page.button] == ["Sign in"]


def test_who_has_no_role_sees_nothing(user: User) -> None:
    user.update(signed_in("cleaning"))
    page = app().run()
    assert titles(page) == ["CXR Workbench"]
    assert "no role" in page.error[0].value


def test_an_idle_session_has_ended(user: User) -> None:
    user.update(signed_in("science", made=time.time() - 31 * 60))
    page = app().run()
    assert "idle" in page.markdown[0].value
    assert titles(page) == ["CXR Workbench"]


def test_a_sign_in_without_a_time_has_ended(user: User) -> None:
    user.update(signed_in("science") | {"iat": "now"})
    assert titles(app().run()) == ["CXR Workbench"]


def test_a_session_lasts_while_it_is_used() -> None:
    sessions = Sessions()
    assert [sessions.use("a", 0, 100, now) for now in (90, 180, 270, 371, 372)] == [True, True, True, False, False]
    assert sessions.is_idle("b", 0, 100, 101)
    assert not sessions.is_idle("b", 0, 100, 99)
    assert [sessions.is_new(name) for name in ("a", "a", "b")] == [True, False, True]


def test_a_reader_reaches_no_page_but_diagnose(user: User) -> None:
    user.update(signed_in("radiology"))
    assert titles(app().run()) == ["Diagnose"]
    assert "Models" not in titles(app().switch_page("pages/models.py").run())


def test_a_researcher_reaches_the_models(user: User) -> None:
    user.update(signed_in("science"))
    assert titles(app().switch_page("pages/models.py").run()) == ["Models"]


def test_a_folder_that_is_not_configured_is_not_opened(user: User, tmp_path: Path) -> None:
    with pytest.raises(DataSetError, match="not below a data folder"):
        check_data_set(str(tmp_path))


def test_each_reader_has_their_own_readings() -> None:
    film = OwnReading("f", "normal", "normal", 0.1, "m", "1", False)
    mine, yours = ReadingLog(reader="me"), ReadingLog(reader="you")
    mine.add(film)
    assert (len(mine.all()), len(yours.all()), len(ReadingLog().all())) == (1, 0, 0)
    yours.add(film)
    yours.clear()
    assert (len(mine.all()), len(yours.all())) == (1, 0)


def test_a_table_of_an_earlier_version_is_the_local_users(cxr_home: Path) -> None:
    import sqlite3

    ReadingLog().add(OwnReading("f", "normal", "normal", 0.1, "m", "1", False))
    with sqlite3.connect(cxr_home / "readings.sqlite") as table:
        table.execute("alter table own_readings drop column reader")
    assert len(ReadingLog().all()) == 1
    assert ReadingLog(reader="me").all() == []


def upload(**headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "PUT", "path": "/_stcore/upload_file/a/b", "headers": pairs}


def test_nobody_uploads_before_signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.app.upload_rate.get_cookie_secret", lambda: "secret")
    rate = UploadRate(1000)
    forged = base64.b64encode(json.dumps({"is_logged_in": True, "sub": "1"}).encode()).decode()
    for headers in ({}, {"cookie": "_streamlit_user=x"}, {"cookie": f"_streamlit_user={forged}.AAAA.BBBB"}):
        assert rate.refusal(upload(content_length="1", **headers))[1] == 403


def test_uploads_of_a_person_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.app.upload_rate.signed_in_person", lambda _: "1")
    rate = UploadRate(6000)
    assert rate.refusal(upload())[1] == 411
    assert rate.refusal(upload(content_length="6001"))[1] == 429
    assert [rate.take("2", 4000, now) for now in (0.0, 1.0, 30.0, 31.0)] == [True, False, True, False]
