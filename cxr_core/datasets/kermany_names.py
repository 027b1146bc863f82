"""Reads the kind of film and the child's number from the file names of "Chest X-Ray Images (Pneumonia)".

Names are `person12_bacteria_45.jpeg`, `person12_virus_46.jpeg`, `IM-0115-0001.jpeg` or `NORMAL2-IM-0115-0001.jpeg`. In
the publisher's later edition, whose numbers are patient ids, they are `BACTERIA-7422-0001.jpeg`,
`VIRUS-7422-0001.jpeg` or `NORMAL-28501-0001.jpeg`.

Within a published split, the same number under `bacteria` and `virus`, or under `IM-` and `NORMAL2-IM-`, is the same
child; the publisher's patient ids confirm this. Between splits the numbers restart, but kind and number together never
occur in two of them. So films are grouped by `number` within a split, and by `series` across splits.
"""

import re
from typing import NamedTuple

_PNEUMONIA = re.compile(r"^(person\d+)_(bacteria|virus)_", re.IGNORECASE)
_NORMAL = re.compile(r"^(NORMAL2-)?(IM-\d+)-", re.IGNORECASE)
_LATER_EDITION = re.compile(r"^(BACTERIA|VIRUS|NORMAL)-(\d+)-\d+", re.IGNORECASE)
_KINDS = {"bacteria": "bacterial", "virus": "viral", "normal": "normal"}


class FilmName(NamedTuple):
    """What a file name says; a field is "" where it says nothing.

    kind: "normal", "bacterial" or "viral". number: such as "person12". series: kind and number, as "person12_virus".
    """

    kind: str
    number: str
    series: str


def identify(file_name: str) -> FilmName:
    """Kind, number and series of a film, from its file name without folders."""
    if match := _PNEUMONIA.match(file_name):
        number, agent = match[1].lower(), match[2].lower()
        return FilmName(_KINDS[agent], number, f"{number}_{agent}")
    if match := _NORMAL.match(file_name):
        prefix, number = (match[1] or "").upper(), match[2].upper()
        return FilmName("normal", number, prefix + number)
    if match := _LATER_EDITION.match(file_name):
        return FilmName(_KINDS[match[1].lower()], match[2], f"{match[1].upper()}-{match[2]}")
    return FilmName("", "", "")
