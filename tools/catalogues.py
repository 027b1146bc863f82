"""The languages' catalogues: `make catalogues` collects the templates and compiles the translations.

Messages are the arguments of `message`, `counted` and, on Diagnose, `_`, and the words in the HTML of its components.
A template that is new gets an empty translation, which a test refuses; one that is gone is removed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from cxr_core.app.components.viewer_words import WORDS
from cxr_core.languages import DOMAIN, ENGLISH, LANGUAGES, LOCALE
from cxr_core.paths import REPOSITORY

KEYWORDS: dict[str, Any] = {"_": None, "message": None, "counted": (1, 2)}
CREATED = datetime(2026, 11, 27, tzinfo=UTC)
USERS = ("from cxr_core.languages import", "from cxr_core.app.diagnose.language import")


def html_words(file: Path) -> Iterator[str]:
    """The words of a component's HTML."""
    for found in WORDS.finditer(file.read_text()):
        yield found[0].strip()


def templates() -> Catalog:
    """All messages, without translations."""
    found = Catalog(domain=DOMAIN, fuzzy=False)
    for folder in (REPOSITORY / "cxr_core", REPOSITORY / "pages"):
        for file in sorted(folder.rglob("*.py")):
            if file.name == "languages.py" or any(user in file.read_text() for user in USERS):
                with file.open("rb") as stream:
                    for _, text, _, _ in extract("python", stream, KEYWORDS):
                        found.add(text, locations=[(str(file.relative_to(REPOSITORY)), 0)])
    for file in sorted((REPOSITORY / "cxr_core/app/diagnose").glob("*.html")):
        for words in html_words(file):
            found.add(words, locations=[(str(file.relative_to(REPOSITORY)), 0)])
    return found


def file_of(language: str) -> Path:
    """The catalogue of a language."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def update(language: str, found: Catalog) -> None:
    """Bring a language's catalogue up to date and compile it. Without new messages its file stays as it is."""
    file = file_of(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    old = read_po(file.open("rb"), locale=language) if file.exists() else Catalog()
    catalogue = Catalog(
        language,
        header_comment=f"# CXR Workbench in {LANGUAGES[language]}. Not yet reviewed by a clinician.",
        project="CXR Workbench",
        version="1",
        creation_date=CREATED,
        fuzzy=False,
    )
    for one in found:
        if one.id:
            before = old.get(one.id)
            catalogue.add(one.id, before.string if before else "", one.locations, one.flags)
    with file.open("wb") as po, file.with_suffix(".mo").open("wb") as mo:
        write_po(po, catalogue, width=120, sort_output=True)
        write_mo(mo, catalogue)


if __name__ == "__main__":
    messages = templates()
    for language in LANGUAGES.keys() - {ENGLISH}:
        update(language, messages)
