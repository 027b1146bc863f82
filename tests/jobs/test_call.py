"""Functions whose result is waited for, in a process that ends with them."""

import os

import pytest

from cxr_core.errors import SettingsError, WorkError
from cxr_core.jobs.call import call_apart

SECONDS = 120


def test_the_result_comes_back_and_what_is_printed_does_not_harm() -> None:
    pid, number = call_apart("tests.jobs.test_call.noisy", (3,), SECONDS)
    assert pid != os.getpid()
    assert number == 6


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        ("refuse", SettingsError, "size=1: too small"),
        ("fill", WorkError, "not enough memory"),
        ("bug", WorkError, "error [0-9a-f]{8}"),
        ("crash", WorkError, "lack of memory"),
        ("leave", WorkError, "failed"),
    ],
)
def test_a_failure_is_one_sentence(function: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call_apart(f"tests.jobs.test_call.{function}", (), SECONDS)


def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(WorkError, match="took over 0 s"):
        call_apart("time.sleep", (600,), 0.01)


def noisy(number: int) -> tuple[int, int]:
    print("as a library does")
    os.write(1, b"as native code does")
    return os.getpid(), 2 * number


def refuse() -> None:
    raise SettingsError("size=1: too small.")


def fill() -> None:
    raise MemoryError


def bug() -> None:
    raise ZeroDivisionError


def crash() -> None:
    os.abort()


def leave() -> None:
    os._exit(3)
