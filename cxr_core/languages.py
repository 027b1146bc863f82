"""Languages: English sentences that remember how they were made, so that a page or a report can say them in another.

A `Message` is its English text, and so it stays in JSON, records and on the command line. `in_language` makes the whole
sentence anew from the translated template; nothing is put together from parts. The catalogues are GNU gettext's,
`locale/LANGUAGE/LC_MESSAGES/cxr.po`; `make catalogues` collects the templates and compiles them.
"""

import gettext
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

ENGLISH = "en"
LANGUAGES = {"en": "English", "fr": "Français", "pt": "Português", "es": "Español", "sw": "Kiswahili"}
LOCALE = Path(__file__).parent / "locale"
DOMAIN = "cxr"
SEPARATORS = {"en": (",", "."), "fr": ("\xa0", ","), "pt": (".", ","), "es": ("\xa0", ","), "sw": (",", ".")}
"""Of thousands and of decimals."""


class Message(str):
    """English text with what it was made of.

    template: with placeholders, the key of the catalogues. many: the template for other counts than one, or "".
    values: by placeholder; `int` and `Decimal` are numbers, a `Message` is itself translated, text stays as it is.
    """

    __slots__ = ("many", "template", "values")
    template: str
    many: str
    values: dict[str, Any]


def message(template: str, **values: Any) -> Message:
    """A sentence for the catalogues: the English template with its placeholders filled in."""
    return _message(template, "", values)


def counted(one: str, many: str, count: int, **values: Any) -> Message:
    """A sentence for the catalogues whose words depend on `count`, itself a placeholder."""
    return _message(one, many, values | {"count": count})


def in_language(text: str, language: str) -> str:
    """The text in a language; text that is no Message, and a message that has no translation, as it is."""
    if not isinstance(text, Message) or language == ENGLISH:
        return text
    catalogue = _catalogue(language)
    if text.many:
        template = catalogue.ngettext(text.template, text.many, text.values["count"])
    else:
        template = catalogue.gettext(text.template)
    return _filled(template, text.values, language)


def percent(share: float) -> Message:
    """A share in [0, 1] as a whole percentage."""
    return message("{number}%", number=Decimal(f"{share:.0%}"[:-1]))


def nearest_language(wanted: str | None) -> str:
    """The language of LANGUAGES for a language tag (BCP 47) such as "pt-BR"; English for any other."""
    language = (wanted or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else ENGLISH


def _message(template: str, many: str, values: dict[str, Any]) -> Message:
    chosen = many if many and values["count"] != 1 else template
    made = Message(_filled(chosen, values, ENGLISH))
    made.template, made.many, made.values = template, many, values
    return made


def _filled(template: str, values: dict[str, Any], language: str) -> str:
    return (
        template.format(**{name: _in_words(value, language) for name, value in values.items()}) if values else template
    )


def _in_words(value: Any, language: str) -> str:
    if isinstance(value, int | Decimal):
        thousands, decimals = SEPARATORS[language]
        return f"{value:,}".translate({ord(","): thousands, ord("."): decimals})
    return in_language(value, language) if isinstance(value, str) else str(value)


@lru_cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True)


NOT_REVIEWED = message("This translation has not yet been reviewed by a clinician; the English text is authoritative.")
