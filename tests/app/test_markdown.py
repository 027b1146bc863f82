"""File names inside Markdown."""

import re

import pytest

from cxr_core.app.markdown import escape_markdown
from tests.support.files.hostile_files import NAMES

MORE = [
    "- item",
    "+ item",
    "= rule",
    "1. one",
    "12) twelve",
    "# heading",
    "a -- b",
    "--- ",
    "https://evil.example/x.png",
    "WWW.evil.example",
    "a@evil.example",
    ":smile:",
    "a|b",
    "&lt;b&gt;",
    "one\r\n\r\n# two",
]
LIVE = [
    r"(?<!\\)[`*_\[\]<>#~$|&@]",
    r"(?<!\\):\S",
    r"(?i)www\\?\.",
    r"(?i)https?\\?:",
    r"[\w.+-]\\?@",
    r"--",
    r"^\s*[-+=]",
    r"^\d+[.)]",
    r"[\r\n]",
]


def test_a_file_name_never_becomes_markup() -> None:
    assert escape_markdown("<b>:red[$x$]*_`\nb") == r"\<b\>\:red\[\$x\$\]\*\_\` b"
    assert escape_markdown("胸片 1") == "胸片 1"


@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_nothing_of_a_hostile_name_is_live(name: str) -> None:
    shown = escape_markdown(name)
    assert [mark for mark in LIVE if re.search(mark, shown)] == []
    literal = re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", shown.replace("\\\\", "\1")).replace("\1", "\\")
    assert literal.replace("\u2060", "") == " ".join(re.split(r"[\r\n]+", name))


def test_prose_stays_as_it_is() -> None:
    sentence = "Reading 3 of 4 films (75%): 2.5 s each; a well-known split, train/val. Done!"
    assert escape_markdown(sentence) == sentence
