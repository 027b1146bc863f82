"""The words of the components of Diagnose: their HTML in the session's language, and what the viewer's script says."""

import re
from functools import cache

from cxr_core.app.diagnose.language import page_language, speaking
from cxr_core.app.diagnose.language import translated as _

WORDS = re.compile(r'(?<=>)([^<>&]*[A-Za-z]{2}[^<>&]*)(?=<)|(?<=title=")([^"]+)(?=")|(?<=aria-label=")([^"]+)(?=")')
"""In a component's HTML: the text between tags, the titles, the labels for screen readers."""


def html_in_language(html: str) -> str:
    """A component's HTML with its words in the session's language."""
    return _html_in(page_language(), html)


@cache
def _html_in(language: str, html: str) -> str:
    with speaking(language):
        return WORDS.sub(lambda found: found[0].replace(found[0].strip(), _(found[0].strip())), html)


def viewer_words() -> dict[str, str]:
    """What the viewer's script says, by its own keys; a placeholder in braces is filled in there."""
    return {
        "language": page_language(),
        "loading": _("Loading {file}", file="{file}"),
        "values": _("loading all values"),
        "window": _("window {width}, level {level} of {bits} bits", width="{width}", level="{level}", bits="{bits}"),
        "named": _(
            "{name}, window {width}, level {level} of {bits} bits",
            name="{name}",
            width="{width}",
            level="{level}",
            bits="{bits}",
        ),
        "own": _("the file's own"),
        "lung": _("lung"),
        "bone": _("bone"),
        "mediastinum": _("mediastinum"),
        "inverted": _("inverted"),
        "rotated": _("rotated {degrees}°", degrees="{degrees}"),
        "mirrored": _("mirrored"),
        "millimetres": _("{length} mm", length="{length}"),
        "detector": _("{length} mm at the detector", length="{length}"),
        "pixels": _("{length} pixels", length="{length}"),
    }
