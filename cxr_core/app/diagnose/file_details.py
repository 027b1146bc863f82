"""The files: what is known of the one on screen, and why others could not be read.

Text from files (names, headers) is escaped, so that it is displayed literally and never becomes markup.
"""

from collections.abc import Iterable
from html import escape as escaped

import streamlit as st

from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.session import FilmResult
from cxr_core.errors import CXRError


def show_file_details(result: FilmResult) -> None:
    """Format, size, processing steps and header of the file; the decoder keeps only fields that identify nobody."""
    source, reading = result.source, result.reading
    details = {
        _("File"): reading.file,
        _("Format"): _(
            "{format}, {width} x {height} pixels, {bits} bits a sample",
            format=source.format,
            width=str(source.width),
            height=str(source.height),
            bits=source.bits,
        ),
        _("Processing"): "; ".join(map(_, source.steps)) or _("none"),
        **source.header,
        "sha256": reading.sha256,
        _("Model"): _("{model}, version {version}", model=reading.model, version=reading.version),
        _("Time"): f"{reading.seconds * 1000:.0f} ms",
    }
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(str(value))}</dd>" for name, value in details.items())
    st.html(f'<dl class="facts">{rows}</dl>')


def show_unreadable_files(errors: Iterable[CXRError]) -> None:
    """Why files could not be read, each sentence starting with the file's name."""
    items = "".join(f"<li>{escaped(error_text(error))}</li>" for error in errors)
    st.html(f'<ul class="refused" data-testid="refused">{items}</ul>')
