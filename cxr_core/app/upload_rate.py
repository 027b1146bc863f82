"""Where people sign in: only they upload, fetch pictures, answers and figures; each uploads so much a minute."""

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from cxr_core.app.first_answer import PATH as FIRST_ANSWER

if TYPE_CHECKING:
    from starlette.types import Scope

GUARDED = ("/_stcore/upload_file/", "/media/", "/_stcore/metrics", f"/{FIRST_ANSWER}/")
NOT_SIGNED_IN = "Sign in first."
TOO_MUCH = "Too much was uploaded within a minute; wait a minute and try again."
NO_LENGTH = "An upload states its length; this one does not."
_MINUTE = 60.0


class UploadRate:
    """Counts what each person uploads: a bucket that holds a minute's bytes and fills up evenly."""

    def __init__(self, bytes_a_minute: float) -> None:
        self._most = bytes_a_minute
        self._left: dict[str, tuple[float, float]] = {}  # bytes left, at which time
        self._lock = threading.Lock()

    def refusal(self, scope: "Scope") -> tuple[str, int]:
        """Why a request is refused and its status; "" and 200 if it is not."""
        if scope["type"] != "http" or not any(part in scope["path"] for part in GUARDED):
            return "", 200
        person = signed_in_person(HTTPConnection(scope))
        if not person:
            return NOT_SIGNED_IN, 403
        if scope["method"] != "PUT":
            return "", 200
        length = Headers(scope=scope).get("content-length", "")
        if not length.isdecimal():
            return NO_LENGTH, 411
        return ("", 200) if self.take(person, int(length), time.monotonic()) else (TOO_MUCH, 429)

    def take(self, person: str, size: int, now: float) -> bool:
        """Whether a person may upload `size` bytes, which are then counted. now: in seconds, never decreasing."""
        with self._lock:
            left, at = self._left.get(person, (self._most, now))
            left = min(self._most, left + (now - at) * self._most / _MINUTE)
            allowed = size <= left
            self._left[person] = (left - size if allowed else left, now)
            return allowed


def signed_in_person(request: HTTPConnection) -> str:
    """The subject of the sign-in that a request's cookie holds; "" if it has none, or a forged one."""

    def one(name: str) -> Any:
        value = request.cookies.get(name)
        return value and decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    try:
        claims = json.loads(get_cookie_with_chunks(one, USER_COOKIE_NAME) or b"{}")
        return str(claims.get("sub") or "") if claims.get("is_logged_in") else ""
    except (ValueError, TypeError, AttributeError):
        return ""
