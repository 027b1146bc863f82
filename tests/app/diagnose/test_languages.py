"""Languages of Diagnose: every message is translated, whole, and the page and its PDF show no English one."""

import re
import string
from datetime import UTC, datetime

import numpy as np
import pytest
from babel.messages.pofile import read_po
from streamlit.testing.v1 import AppTest

from cxr_core.languages import LANGUAGES, NOT_REVIEWED, counted, in_language, message, nearest_language, percent
from cxr_core.paths import RELEASED_MODELS
from tests.conftest import REPOSITORY
from tests.support.diagnose_page import bright_film, check, component, drop, html, quick_predictor  # noqa: F401
from tools.catalogues import file_of, templates

OTHERS = [language for language in LANGUAGES if language != "en"]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_has_a_translation_with_the_same_placeholders(language: str) -> None:
    with file_of(language).open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    for one in templates():
        if not one.id:
            continue
        found = catalogue[one.id]
        texts = found.string if isinstance(found.string, tuple) else (found.string,)
        key = one.id[1] if isinstance(one.id, tuple) else one.id
        for text in texts:
            assert text.strip(), key
            assert placeholders(text) == placeholders(key), key
            text.encode("latin-1")  # the letters of the PDF's font
        filled = dict.fromkeys(placeholders(key), "x")
        if isinstance(one.id, str):  # the compiled catalogue is this one
            assert in_language(message(key, **filled), language) == (texts[0].format(**filled) if filled else texts[0])


def test_numbers_plurals_and_nested_messages() -> None:
    assert in_language(percent(0.31), "fr") == "31\xa0%"
    files = [counted("{count} file could not be read", "{count} files could not be read", n) for n in (1, 2)]
    assert files == ["1 file could not be read", "2 files could not be read"]
    assert [in_language(one, "es") for one in files] == ["1 archivo no se pudo leer", "2 archivos no se pudieron leer"]
    assert nearest_language("fr-CA") == "fr"
    assert nearest_language("xx") == nearest_language(None) == "en"


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.usefixtures("quick_predictor")
def test_no_english_message_is_on_the_page_or_in_its_pdf(language: str) -> None:
    if not (RELEASED_MODELS / "RELEASED").exists():
        pytest.skip("no released model in models/")
    page = AppTest.from_file(str(REPOSITORY / "streamlit_app.py"), default_timeout=90)
    page.query_params["lang"] = language
    check(page.run())
    seen = [shown(page)]
    drop(page, ("a.png", bright_film(0.97)), ("b.png", bright_film(0.03)), ("c.png", bright_film(0.5)))
    seen.append(shown(page))
    for row in component(page, "worklist")["rows"]:
        page.session_state["chosen"] = row["key"]
        seen.append(shown(check(page.run())))
    text = "\n".join(seen)
    assert in_language(NOT_REVIEWED, language) in text
    for one in templates():
        key = one.id[0] if isinstance(one.id, tuple) else one.id
        parts = [part for part in re.split(r"\{\w+\}|\n", key or "") if len(part.split()) > 3]
        for part in parts:
            assert part not in text, key


def shown(page: AppTest) -> str:
    """All words on the page that are not a file's or a person's."""
    found = [html(page)]
    for kind in (page.caption, page.markdown, page.info, page.warning, page.error):
        found += [element.value for element in kind]
    for kind in (page.button, page.expander, page.toggle, page.selectbox, page.number_input, page.text_input):
        found += [element.label for element in kind]
    return "\n".join(found)


@pytest.mark.parametrize("language", OTHERS)
def test_a_pdf_is_written_in_the_language(language: str) -> None:
    from cxr_core.reports.reading_pdf import film_pdf
    from tests.support.readings import reported

    pdf = film_pdf(reported(), np.zeros((64, 64), np.uint8), datetime.now(UTC), language=language)
    assert f"/Lang ({language})".encode() in pdf
