"""No words on Diagnose or in its PDF pass the translations: a scan of the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tools.catalogues import templates

SHOWN = {
    *("button", "caption", "checkbox", "download_button", "error", "expander", "feedback", "file_uploader", "header"),
    *("help", "html", "info", "link_button", "markdown", "metric", "multiselect", "number_input", "paragraph", "pills"),
    *("popover", "progress", "radio", "segmented_control", "selectbox", "slider", "spinner", "subheader", "success"),
    *("tabs", "text_area", "text_input", "title", "toast", "toggle", "warning", "write", "show_passed_over"),
}
"""Calls that show text: Streamlit's by their last name, and those of the PDF."""
SHOWN_BY_NAME = {"label", "help", "placeholder", "body", "text", "alt_text", "caption"}
TRANSLATED = {"_", "translated", "message", "counted", "in_language", "error_text", "percent", "number_text"}
LANGUAGES = "cxr_core.languages"
WORD = re.compile(r"[^\W\d_]{2,}")
MARKUP = re.compile(r"<[^>]*>?|:material/\w+:|^[^<]*>|\w+=\"[^\"]*\"?|\bsha256\b")  # also a tag that goes on elsewhere
NAMES = {"Diagnose", "*chest*"}  # a page's, and what is asked of an archive: they stay as they are
SOURCES = [
    REPOSITORY / "pages" / "diagnose.py",
    *sorted((REPOSITORY / "cxr_core" / "app" / "diagnose").glob("*.py")),
    REPOSITORY / "cxr_core" / "reports" / "reading_pdf.py",
]


def called(call: ast.Call) -> str:
    """The last name of what is called; "" for a log's."""
    if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "_logger":
        return ""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def literals(node: ast.AST) -> Iterator[ast.Constant]:
    """Text in an expression that passes no translation: not an argument of a call, but for `join` and `format`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif isinstance(node, ast.Call):
        if called(node) in {"join", "format"}:
            for child in ast.iter_child_nodes(node):
                yield from literals(child)
    elif not isinstance(node, ast.Compare | ast.Subscript | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def untranslated(source: str) -> list[str]:
    """The words that a call in this source shows as they are."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or called(call) not in SHOWN - TRANSLATED:
            continue
        shown = [*call.args[:1], *(one.value for one in call.keywords if one.arg in SHOWN_BY_NAME)]
        for literal in (found for part in shown for found in literals(part)):
            words = MARKUP.sub("", str(literal.value))
            if WORD.search(words) and words.strip() not in NAMES:
                found.append(f"{literal.lineno}: {literal.value}")
    return found


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.stem)
def test_no_words_are_shown_as_they_are(file: Path) -> None:
    assert not untranslated(file.read_text())


@pytest.mark.parametrize(
    "source",
    [
        'st.caption("Two words")',
        'st.button(_("One"), help="Two words")',
        'st.write(f"{number} films")',
        'st.caption("Yes" if one else _("No"))',
        'with heading.expander("More"): pass',
        'pdf.paragraph("Two words", 10)',
        'st.html(f"<p>Two words {name}</p>")',
        'st.warning(", ".join(["one thing", name]))',
    ],
)
def test_the_scan_finds_words(source: str) -> None:
    assert len(untranslated(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'st.caption(_("Two words"))',
        'st.title("Diagnose", anchor=False, width="content")',
        'st.html(f\'<div class="verdict hidden" role="status">{text}</div>\')',
        'st.button(_("One"), icon=":material/add:", key="a key")',
        'st.write(escape_markdown(_(reason)) if kind == "two words" else "")',
    ],
)
def test_the_scan_passes_what_is_translated_and_what_is_no_word(source: str) -> None:
    assert not untranslated(source)


def test_every_template_is_a_literal_that_the_catalogues_collect() -> None:
    known = {key for one in templates() for key in (one.id if isinstance(one.id, tuple) else [one.id])}
    for file in sorted((REPOSITORY / "cxr_core").rglob("*.py")):
        text = file.read_text()
        if f"from {LANGUAGES} import" not in text and file.name != "languages.py":
            continue
        for call in ast.walk(ast.parse(text)):
            if (
                isinstance(call, ast.Call)
                and called(call) in {"message", "counted"}
                and isinstance(call.func, ast.Name)
            ):
                template = call.args[0]
                if isinstance(template, ast.Name) and file.stem in {"languages", "language"}:
                    continue  # what translates a given text
                assert isinstance(template, ast.Constant), f"{file.name}:{call.lineno}: no literal"
                assert template.value in known, f"{file.name}:{call.lineno}: {template.value}"
