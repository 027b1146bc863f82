"""File names and messages inside Markdown text."""

import re


def escape_markdown(text: str) -> str:
    """Markdown that displays `text` literally, on one line: for file names, and for messages that contain one."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split("\n")))
