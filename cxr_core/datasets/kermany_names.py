"""What the file names of "Chest X-Ray Images (Pneumonia)" say: the kind of film and the child's number.

`person12_bacteria_45.jpeg`, `person12_virus_46.jpeg`, `IM-0115-0001.jpeg`, `NORMAL2-IM-0115-0001.jpeg`; in the
publisher's later edition, whose numbers are its patient ids, `BACTERIA-7422-0001.jpeg`, `VIRUS-7422-0001.jpeg` and
`NORMAL-28501-0001.jpeg`.

Numbers restart between the published splits, while kind and number together never occur in two of them. The
same number under `bacteria` and `virus`, or under `IM-` and `NORMAL2-IM-`, within a split is the same child
(the publisher's patient ids bear that out). So `number` groups films within a split and `series` compares
them across splits.
"""

import re
from typing import NamedTuple

_PNEUMONIA = re.compile(r"^(person\d+)_(bacteria|virus)_", re.IGNORECASE)
_NORMAL = re.compile(r"^(NORMAL2-)?(IM-\d+)-", re.IGNORECASE)
_LATER_EDITION = re.compile(r"^(BACTERIA|VIRUS|NORMAL)-(\d+)-\d+", re.IGNORECASE)
_KINDS = {"bacteria": "bacterial", "virus": "viral", "normal": "normal"}


class FilmName(NamedTuple):
    """What a file name says. Fields are "" where it says nothing."""

    kind: str
    number: str
    series: str


def identify(file_name: str) -> FilmName:
    """Read kind ("normal", "bacterial", "viral"), number and series from a file name without folders."""
    if match := _PNEUMONIA.match(file_name):
        number, agent = match[1].lower(), match[2].lower()
        return FilmName(_KINDS[agent], number, f"{number}_{agent}")
    if match := _NORMAL.match(file_name):
        prefix, number = (match[1] or "").upper(), match[2].upper()
        return FilmName("normal", number, prefix + number)
    if match := _LATER_EDITION.match(file_name):
        return FilmName(_KINDS[match[1].lower()], match[2], f"{match[1].upper()}-{match[2]}")
    return FilmName("", "", "")
