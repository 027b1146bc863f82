"""The app served with sign-in at a real OpenID provider on the loopback; signing in as a browser does, without one."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.conftest import REPOSITORY
from tests.support.server import started

PATIENCE = 180.0  # seconds for a step of the sign-in; a loaded machine is slow


@contextmanager
def served_with_sign_in(
    home: Path, people: Mapping[str, str], token_age: timedelta = timedelta(hours=1), idle_minutes: float = 30
) -> Iterator[str]:
    """Serve the app, with the home folder `home`, and a provider that knows `people`: their claim `roles` by subject.

    Yields the app's address; both end with the block. The server's standard error goes to `home / "stderr.txt"`.
    """
    import oidc_provider_mock as provider

    home.mkdir(parents=True, exist_ok=True)
    users = [provider.User(sub=person, claims={"roles": [role]}) for person, role in people.items()]
    with provider.run_server_in_thread(user_claims=users, access_token_max_age=token_age) as server:
        metadata = f"http://localhost:{server.server_port}/.well-known/openid-configuration"
        command = [sys.executable, "-m", "tests.support.sign_in", str(home), metadata, str(idle_minutes)]
        with started(command, REPOSITORY, os.environ | {"CXR_HOME": str(home)}, home / "stderr.txt") as address:
            yield address


def sign_in(address: str, person: str) -> requests.cookies.RequestsCookieJar:
    """The cookies of a browser in which a person has signed in: by the page's button, at the provider, and back."""
    browser = requests.Session()
    browser.get(f"{address}/_stcore/health", timeout=PATIENCE)
    protocols = [Subprotocol("streamlit"), Subprotocol(browser.cookies.get("_streamlit_xsrf") or "none")]
    stream = address.replace("http", "ws") + "/_stcore/stream"
    with connect(stream, subprotocols=protocols, origin=Origin(address), max_size=None, open_timeout=PATIENCE) as line:
        line.send(_run())
        button = next(
            message.delta.new_element.button.id
            for message in _messages(line)
            if message.HasField("delta") and message.delta.new_element.button.label == "Sign in"
        )
        line.send(_run(button))
        redirect = next(message.auth_redirect.url for message in _messages(line) if message.HasField("auth_redirect"))
    form = browser.get(address + redirect, timeout=PATIENCE)
    browser.post(form.url, data={"sub": person}, timeout=PATIENCE).raise_for_status()
    return browser.cookies


def _run(button: str = "") -> bytes:
    request = BackMsg()
    request.rerun_script.query_string = ""
    if button:
        state = request.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = button, True
    sent: bytes = request.SerializeToString()
    return sent


def _messages(line: ClientConnection) -> Iterator[ForwardMsg]:
    while True:
        data = line.recv(PATIENCE)
        message = ForwardMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        yield message
