"""The account of a session: the user of this machine, or who signed in; its session ends when it is idle."""

import hashlib
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from cxr_core import audit
from cxr_core.access import LOCAL, Account, SignIn, sign_in_settings
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import DataSetError
from cxr_core.paths import home

IDLE_CHECK_SECONDS = 60.0
NO_ROLE = "You are signed in, but have no role here. Ask the administrator of this server."
ENDED = "Your session has ended because it was idle. Sign in again."


class Sessions:
    """When each sign-in was last used. A sign-in that is not known was last used when it was made."""

    def __init__(self) -> None:
        self._used: dict[str, float] = {}
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def use(self, sign_in: str, made: float, idle_seconds: float, now: float) -> bool:
        """Note that a sign-in is used, seconds since 1970; False if it had been idle for longer than is allowed."""
        with self._lock:
            if now - self._used.get(sign_in, made) > idle_seconds:
                return False
            self._used[sign_in] = now
            return True

    def is_new(self, sign_in: str) -> bool:
        """Whether this is the first question about a sign-in since the server started."""
        with self._lock:
            new = sign_in not in self._known
            self._known.add(sign_in)
            return new

    def is_idle(self, sign_in: str, made: float, idle_seconds: float, now: float) -> bool:
        """Whether a sign-in has been idle for longer than is allowed; it is not thereby used."""
        with self._lock:
            return now - self._used.get(sign_in, made) > idle_seconds


sessions = Sessions()


@lru_cache(maxsize=1)
def settings() -> SignIn | None:
    """The server's settings, read once. Raises SettingsError."""
    return sign_in_settings()


def signed_in_account() -> Account:
    """The account of this session, noted for `account`.

    Draws the sign-in and ends the script if nobody is signed in who may be here.
    """
    access = settings()
    if access is None:
        return LOCAL
    claims: Mapping[str, Any] = st.user.to_dict() if st.user.get("is_logged_in") else {}
    if not claims.get("sub"):
        _draw_sign_in("Sign in to use CXR Workbench.")
    sign_in, made = _identity(claims)
    if not sessions.use(sign_in, made, access.idle_minutes * 60, time.time()):
        st.session_state.clear()
        _draw_sign_in(ENDED)
    found = access.account(claims)
    if found is None:
        st.title("CXR Workbench")
        st.error(NO_ROLE, icon=":material/block:")
        st.button("Sign out", on_click=st.logout)
        st.stop()
    if sessions.is_new(sign_in):
        audit.record(found, "sign_in", role=found.role)
    st.session_state.account = found
    return found


def account() -> Account:
    """The account that the frame noted for this session; without sign-in the user of this machine."""
    found: Account = st.session_state.get("account", LOCAL)
    return found


def end_when_idle() -> None:
    """Draw what asks for the page anew once the session has been idle for too long; nothing without sign-in."""
    access = settings()
    if access is None:
        return
    sign_in, made = _identity(st.user.to_dict())
    idle_seconds = access.idle_minutes * 60

    @st.fragment(run_every=min(IDLE_CHECK_SECONDS, idle_seconds / 2))
    def watch() -> None:
        if sessions.is_idle(sign_in, made, idle_seconds, time.time()):
            st.rerun()

    watch()


def may_open(source: Path) -> bool:
    """Whether the session may see the films of this data set: without sign-in any."""
    access = settings()
    return access is None or access.may_open(source, home())


def check_data_set(source: str) -> None:
    """Raises DataSetError if the session may not open this data set."""
    if not may_open(Path(source)):
        raise DataSetError(
            "is not below a data folder of this server", thing=source, accepted="its administrator configures them"
        )


def data_roots() -> list[Path]:
    """The folders below which the session looks for data sets: the configured ones, or the user's own."""
    access = settings()
    return [Path.home()] if access is None else [root for root in access.data_roots if root.is_dir()]


def _identity(claims: Mapping[str, Any]) -> tuple[str, float]:
    """A name for a sign-in, and when it was made, seconds since 1970; without that it is long over."""
    made = claims.get("iat")
    name = f"{claims.get('iss')} {claims.get('sub')} {made} {claims.get('nonce')}"
    return hashlib.sha256(name.encode()).hexdigest(), float(made) if isinstance(made, int | float) else 0.0


def _draw_sign_in(message: str) -> NoReturn:
    st.title("CXR Workbench")
    st.markdown(escape_markdown(message))
    st.button("Sign in", type="primary", on_click=st.login)
    st.stop()
