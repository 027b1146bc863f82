"""The files: what is known of the one on screen, and why others could not be read.

Text from files (names, headers) is escaped, so that it is displayed literally and never becomes markup.
"""

from collections.abc import Iterable
from html import escape as escaped

import streamlit as st

from cxr_core.app.diagnose.session import FilmResult


def show_file_details(result: FilmResult) -> None:
    """Format, size, processing steps and header of the file; the decoder keeps only fields that identify nobody."""
    source, reading = result.source, result.reading
    details = {
        "File": reading.file,
        "Format": f"{source.format}, {source.width} x {source.height} pixels, {source.bits} bits a sample",
        "Processing": "; ".join(source.steps) or "none",
        **source.header,
        "sha256": reading.sha256,
        "Model": f"{reading.model}, version {reading.version}",
        "Time": f"{reading.seconds * 1000:.0f} ms",
    }
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(str(value))}</dd>" for name, value in details.items())
    st.html(f'<dl class="facts">{rows}</dl>')


def show_unreadable_files(messages: Iterable[str]) -> None:
    """The messages of the files that could not be read, each starting with the file's name."""
    items = "".join(f"<li>{escaped(message)}</li>" for message in messages)
    st.html(f'<ul class="refused" data-testid="refused">{items}</ul>')
