"""File names inside Markdown."""

from cxr_core.app.markdown import escape_markdown


def test_a_file_name_never_becomes_markup() -> None:
    assert escape_markdown("<b>:red[$x$]*_`\nb") == r"\<b\>\:red\[\$x\$\]\*\_\` b"
    assert escape_markdown("胸片 1") == "胸片 1"
