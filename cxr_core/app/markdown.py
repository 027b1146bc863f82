"""File names and messages inside Markdown text: the one door for words that come from elsewhere."""

import re

_MARKUP = re.compile(
    r"[\\`*_{}\[\]<>#~$|&@]"  # emphasis, code, links, images, HTML, mathematics, tables
    r"|:(?=\S)"  # colours, icons, addresses
    r"|(?<=-)-|(?<=www)\."  # dashes, addresses without a scheme
    r"|^\s*[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]",  # lists, rules, headings
    re.IGNORECASE,
)

# Streamlit's Markdown makes links of addresses after escapes are resolved: only another character prevents that.
_ADDRESS = re.compile(r"(?<=www)(?=\.)|(?<=http)(?=:)|(?<=https)(?=:)|(?=@)", re.IGNORECASE)
_WORD_JOINER = "\u2060"  # is not seen, and no line breaks there


def escape_markdown(text: str) -> str:
    """Markdown that displays `text` literally, on one line: for file names, and for messages that contain one."""
    line = _ADDRESS.sub(_WORD_JOINER, " ".join(re.split(r"[\r\n]+", text)))
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)
