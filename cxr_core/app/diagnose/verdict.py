"""The verdict, readable from two metres, and what lies behind it.

Text of files (names, headers) goes through `escaped`, so that it shows as it is and never becomes markup.
"""

from collections.abc import Iterable
from html import escape as escaped
from typing import Any

import streamlit as st

from cxr_core.app.diagnose.session import Answer
from cxr_core.inference.augmented_views import in_words as moved_in_words
from cxr_core.inference.decision import Rules
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import in_words, percent
from cxr_core.labels import VERDICTS
from cxr_core.metrics.natural_frequencies import films_like_this

WORDS = VERDICTS | {"hidden": "Your reading first"}
SIGNS = {  # each of another shape, for readers who do not tell the colours apart
    "pneumonia": "▲",
    "normal": "●",
    "uncertain": "◆",
    "not_assessable": "⊘",
    "hidden": "◌",
}


def show_verdict(reading: Reading) -> None:
    """The verdict across the top of the film."""
    words, number = "No probability is given for this film.", ""
    if reading.probability is not None:
        words = in_words(reading.probability, reading.verdict).capitalize()
        number = f'<span class="number">{escaped(percent(reading.probability))}<small>probability</small></span>'
    _banner(reading.verdict, words, number)


def show_hidden() -> None:
    """In the verdict's place while the reader has not said theirs."""
    _banner("hidden", "Say what you see; then ours is shown.", "")


def _banner(verdict: str, words: str, number: str) -> None:
    st.html(
        f'<div class="verdict {verdict}" data-testid="verdict" role="status">'
        f'<span class="sign" aria-hidden="true">{SIGNS[verdict]}</span>'
        f'<span class="said"><span class="word">{WORDS[verdict]}</span><span class="words">{words}</span></span>'
        f"{number}</div>"
    )


def show_why(reading: Reading, card: dict[str, Any]) -> None:
    """How far the answer can be trusted on this film."""
    found = reading.findings
    if found is None:
        return
    if reading.probability is not None and card.get("frequencies"):
        st.caption(films_like_this(card["frequencies"], reading.probability))
    if found.views is not None:
        low, high = percent(found.views.min()), percent(found.views.max())
        same = f"stays at {low}" if low == high else f"goes from {low} to {high}"
        done = moved_in_words(Rules.of(card).mirror).capitalize()
        st.caption(f"{done}, the answer {same}.".replace("<", "under").replace(">", "over"))


def show_file(answer: Answer) -> None:
    """What is known of the file: safe fields of its header only, since the decoder keeps nothing else."""
    source, reading = answer.source, answer.reading
    about = {
        "File": reading.file,
        "Kind": f"{source.format}, {source.width} x {source.height} pixels, {source.bits} bits a sample",
        "Done to it": "; ".join(source.steps) or "nothing",
        **source.header,
        "sha256": reading.sha256,
        "Model": f"{reading.model}, version {reading.version}",
        "Time": f"{reading.seconds * 1000:.0f} ms",
    }
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(str(value))}</dd>" for name, value in about.items())
    st.html(f'<dl class="facts">{rows}</dl>')


def show_refused(sentences: Iterable[str]) -> None:
    """The files that could not be read, each with its reason."""
    items = "".join(f"<li>{escaped(sentence)}</li>" for sentence in sentences)
    st.html(f'<ul class="refused" data-testid="refused">{items}</ul>')
