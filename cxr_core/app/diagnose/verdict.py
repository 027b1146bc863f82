"""The verdict banner, readable from two metres, and how far the result can be trusted on this film."""

from collections.abc import Sequence
from html import escape as escaped

from cxr_core.app.diagnose.language import translated as _
from cxr_core.inference.decision import Choice, Rules, moved
from cxr_core.inference.number import number_in_words, number_text, of_100
from cxr_core.inference.reading import Reading
from cxr_core.labels import VERDICTS
from cxr_core.languages import message

TITLES = VERDICTS | {"hidden": message("Your reading first")}
SYMBOLS = {  # of different shapes, for readers who cannot distinguish the colours
    "pneumonia": "▲",
    "normal": "●",
    "uncertain": "◆",
    "not_assessable": "⊘",
    "hidden": "◌",
}


def banner(
    reading: Reading, about: Sequence[str], warnings: Sequence[str], film: str = "", hidden: bool = False
) -> str:
    """As HTML: verdict, words, number and prevalence; whose film it is; whether the model is for this patient.

    about: short texts in one line, such as the file's name. warnings: sentences. film: the key of the film that it
    belongs to; the viewer hides any other. hidden: whether the clinician's own reading is asked for first.
    """
    if hidden:
        words = _("Enter your reading; the model's is shown after it.")
        return _banner("hidden", words, "", about, warnings, film)
    text, number = _("No probability is given for this film."), ""
    if reading.probability_here is not None and reading.prevalence is not None:
        text = _(number_in_words(reading.probability_here, reading.verdict))
        where = _(
            "probability of pneumonia\nwhere {patients} of 100 patients have it", patients=of_100(reading.prevalence)
        )
        shown = escaped(_(number_text(reading.probability_here)))
        number = f'<span class="number">{shown}<small>{escaped(where).replace(chr(10), "<br>")}</small></span>'
    return _banner(reading.verdict, text, number, about, warnings, film)


def stability_in_words(reading: Reading, rules: Rules, choice: Choice) -> str:
    """How the number varies over the augmented views; "" for a film that has none."""
    prediction = reading.prediction
    if prediction is None or prediction.view_probabilities is None:
        return ""
    views = moved(prediction.view_probabilities, rules.shift)
    low, high = (number_text(rules.number(float(end), choice)) for end in (views.min(), views.max()))
    about = {"low": low, "high": high}
    shifted = len(views) > (2 if rules.mirror else 1)
    if not shifted and not rules.mirror:
        return ""
    if not shifted and low == high:
        return _("When the film is mirrored, the probability stays at {low}.", low=low)
    if not shifted:
        return _("When the film is mirrored, the probability ranges from {low} to {high}.", **about)
    if low == high and rules.mirror:
        return _("When the film is mirrored or shifted slightly, the probability stays at {low}.", low=low)
    if low == high:
        return _("When the film is shifted slightly, the probability stays at {low}.", low=low)
    if rules.mirror:
        return _("When the film is mirrored or shifted slightly, the probability ranges from {low} to {high}.", **about)
    return _("When the film is shifted slightly, the probability ranges from {low} to {high}.", **about)


def _banner(verdict: str, text: str, number: str, about: Sequence[str], warnings: Sequence[str], film: str) -> str:
    notes = "".join(f'<span class="warning" role="note">{escaped(_(warning))}</span>' for warning in warnings)
    return (
        f'<div class="verdict {verdict}" data-testid="verdict" role="status" data-on-screen="{escaped(film)}">'
        f'<span class="sign" aria-hidden="true">{SYMBOLS[verdict]}</span>'
        f'<span class="result"><span class="word">{escaped(_(TITLES[verdict]))}</span>'
        f'<span class="words">{escaped(text)}</span>'
        f'<span class="about">{escaped(" · ".join(about))}</span>{notes}</span>'
        f"{number}</div>"
    )
