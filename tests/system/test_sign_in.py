"""Sign-in against a real OpenID provider, in Chromium: what each role sees and may do."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cxr_core.audit import verify
from tests.conftest import REPOSITORY
from tests.support.served_app.with_sign_in import served_with_sign_in
from tests.support.sign_in import ROLES

pytest.importorskip("oidc_provider_mock", reason="oidc-provider-mock is not installed")
pytest.importorskip("authlib", reason="authlib is not installed")
WAIT_MS = 180_000
PEOPLE = ROLES | {"visitor": "cleaning"}
USER_COOKIE = "_streamlit_user"


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Opens an address in a browser of its own and signs in as a person of the provider."""
    contexts = []

    def sign_in(address: str, person: str) -> Any:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        contexts[-1].set_default_timeout(WAIT_MS)
        page = contexts[-1].new_page()
        page.goto(address)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name=person, exact=True).click()
        page.wait_for_url(f"{address}/**")
        return page

    yield sign_in
    for context in contexts:
        context.close()


def heading(page: Any, name: str) -> None:
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()


def test_each_role_sees_and_does_what_it_may(visit: Any, cxr_home: Path) -> None:
    with served_with_sign_in(cxr_home, PEOPLE) as address:
        reader = visit(address, "reader")
        heading(reader, "Diagnose")
        assert reader.get_by_role("link", name="Train").count() == 0
        reader.get_by_role("button", name="Try a sample").click()
        reader.locator("canvas.film[data-film]").wait_for()
        reader.goto(f"{address}/models")
        heading(reader, "Diagnose")
        assert reader.get_by_role("heading", name="Models", exact=True).count() == 0

        researcher = visit(address, "researcher")
        heading(researcher, "Diagnose")
        researcher.goto(f"{address}/models")
        heading(researcher, "Models")
        researcher.goto(f"{address}/dataset?data=/etc")
        heading(researcher, "Dataset")

        administrator = visit(address, "administrator")
        administrator.goto(f"{address}/train")
        heading(administrator, "Train")

        visitor = visit(address, "visitor")
        visitor.get_by_text("have no role here").wait_for()
        assert visitor.get_by_role("link", name="Diagnose").count() == 0

    entries = [json.loads(line) for line in (cxr_home / "audit.jsonl").read_text().splitlines()]
    assert sorted(one["role"] for one in entries if one["event"] == "sign_in") == sorted(ROLES)
    assert any(one["event"] == "reading" and len(one["sha256"]) == 64 for one in entries)
    assert verify() == (len(entries), "")
    assert "Traceback" not in (cxr_home / "stderr.txt").read_text()


def test_a_forged_and_an_expired_token_open_nothing(visit: Any, browser: Any, cxr_home: Path) -> None:
    with served_with_sign_in(cxr_home, PEOPLE, timedelta(minutes=-30)) as address:
        page = visit(address, "administrator")
        page.get_by_role("button", name="Sign in").wait_for()
        assert page.get_by_role("heading", name="Diagnose", exact=True).count() == 0
        assert not any(cookie["name"] == USER_COOKIE for cookie in page.context.cookies())

        context = browser.new_context()
        claims = json.dumps({"sub": "administrator", "roles": [ROLES["administrator"]], "is_logged_in": True})
        context.add_cookies([{"name": USER_COOKIE, "value": claims.encode().hex() + ".aaaa.bbbb", "url": address}])
        forged = context.new_page()
        forged.goto(f"{address}/models")
        forged.get_by_role("button", name="Sign in").wait_for(timeout=WAIT_MS)
        assert forged.get_by_role("heading", name="Models", exact=True).count() == 0
        context.close()

        upload = urllib.request.Request(f"{address}/_stcore/upload_file/a/b", b"x", method="PUT")
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(upload, timeout=60)
        for path in ("_stcore/metrics", "_cxr/first_answer/a"):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"{address}/{path}", timeout=60)


def test_an_idle_session_ends(visit: Any, cxr_home: Path) -> None:
    with served_with_sign_in(cxr_home, PEOPLE, idle_minutes=0.5) as address:
        page = visit(address, "administrator")
        page.get_by_text("Your session has ended").wait_for()
        page.goto(f"{address}/models")
        page.get_by_role("button", name="Sign in").wait_for()
        assert page.get_by_role("heading", name="Models", exact=True).count() == 0


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_the_server_does_not_start_for_others_without_sign_in(address: str, cxr_home: Path) -> None:
    for command in (
        ["-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true", "--server.address", address],
        ["-m", "cxr_core", "app", "--headless", "--address", address],
    ):
        port = ["--server.port" if "streamlit" in command else "--port", "0"]
        done = subprocess.run(
            [sys.executable, *command, *port],
            cwd=REPOSITORY,
            env=os.environ | {"CXR_HOME": str(cxr_home)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.strip().count("\n") == 0
        assert "without sign-in" in done.stderr
        assert "access.toml" in done.stderr
