"""Ten ways in which a file that the app wrote can be damaged, or be another's."""

import json
import re
from collections.abc import Callable
from pathlib import Path


def _cut(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _number_for_a_text(file: Path) -> None:
    """In JSON every text becomes a number, and every number a text; in any other file every letter a number."""
    content = file.read_bytes()
    try:
        file.write_text(json.dumps(_exchanged(json.loads(content))))
    except ValueError:
        file.write_bytes(re.sub(rb"[A-Za-z]+", b"7", content))


def _exchanged(value: object) -> object:
    if isinstance(value, dict):
        return {key: _exchanged(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exchanged(one) for one in value]
    return 7 if isinstance(value, str) else "seven"


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


WAYS: dict[str, Callable[[Path], object]] = {
    "an empty object": lambda file: file.write_text("{}"),
    "a list": lambda file: file.write_text("[1]"),
    "null": lambda file: file.write_text("null"),
    "cut": _cut,
    "a number for a text": _number_for_a_text,
    "no UTF-8": lambda file: file.write_bytes(b"\xff\xfe\x80" * 50),
    "empty": lambda file: file.write_bytes(b""),
    "zeroed": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "nested too deep": lambda file: file.write_text("[" * 100_000),
    "a folder in its place": _folder,
}
