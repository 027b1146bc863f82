"""The verdict banner, readable from two metres, and how far the result can be trusted on this film."""

from html import escape as escaped

import streamlit as st

from cxr_core.inference.augmented_views import views_in_words
from cxr_core.inference.decision import Rules
from cxr_core.inference.reading import Reading
from cxr_core.inference.wording import percent, probability_in_words
from cxr_core.labels import VERDICTS
from cxr_core.metrics.natural_frequencies import frequency_text
from cxr_core.models.card import CardDraft, ModelCard

TITLES = VERDICTS | {"hidden": "Your reading first"}
SYMBOLS = {  # of different shapes, for readers who cannot distinguish the colours
    "pneumonia": "▲",
    "normal": "●",
    "uncertain": "◆",
    "not_assessable": "⊘",
    "hidden": "◌",
}


def show_verdict(reading: Reading) -> None:
    """The verdict, above the film."""
    text, number = "No probability is given for this film.", ""
    if reading.probability is not None:
        text = probability_in_words(reading.probability, reading.verdict).capitalize()
        number = f'<span class="number">{escaped(percent(reading.probability))}<small>probability</small></span>'
    _banner(reading.verdict, text, number)


def show_hidden_verdict() -> None:
    """The banner while the model's reading is hidden until the clinician has entered theirs."""
    _banner("hidden", "Enter your reading; the model's is shown after it.", "")


def show_reliability(reading: Reading, card: ModelCard | CardDraft) -> None:
    """How often films with such a score had pneumonia, and how the probability varies over the augmented views."""
    prediction = reading.prediction
    if prediction is None:
        return
    if reading.probability is not None and card.get("frequencies"):
        st.caption(frequency_text(card["frequencies"], reading.probability))
    if prediction.view_probabilities is not None:
        low, high = percent(prediction.view_probabilities.min()), percent(prediction.view_probabilities.max())
        between = f"stays at {low}" if low == high else f"ranges from {low} to {high}"
        views = views_in_words(Rules.of(card).mirror)
        text = f"When the film is {views}, the probability {between}."
        st.caption(text.replace("<", "under").replace(">", "over"))


def _banner(verdict: str, text: str, number: str) -> None:
    st.html(
        f'<div class="verdict {verdict}" data-testid="verdict" role="status">'
        f'<span class="sign" aria-hidden="true">{SYMBOLS[verdict]}</span>'
        f'<span class="result"><span class="word">{TITLES[verdict]}</span><span class="words">{text}</span></span>'
        f"{number}</div>"
    )
