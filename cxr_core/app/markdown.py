"""File names and messages inside Markdown text: the one door for words that come from elsewhere."""

import re

_MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#~$|&@]"  # emphasis, code, links, images, HTML, mathematics, tables
    r"|:(?=\S)"  # colours, icons, addresses
    r"|(?<=-)-|(?<=www)\."  # dashes, addresses without a scheme
    r"|^\s*[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]",  # lists, rules, headings
    re.IGNORECASE,
)


def escape_markdown(text: str) -> str:
    """Markdown that displays `text` literally, on one line: for file names, and for messages that contain one."""
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", " ".join(re.split(r"[\r\n]+", text)))
