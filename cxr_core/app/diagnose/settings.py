"""How the answers are to be given: model, operating point, error rate, prevalence, and the reader's own readings."""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cxr_core.app.diagnose.session import Answer
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.wording import percent
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.local_prevalence import at_prevalence, ward_values
from cxr_core.metrics.prevalence import children_like_these
from cxr_core.models.registry import Model

DEFAULT_ERROR_RATE = 0.1


@dataclass(frozen=True)
class Settings:
    """What the reader chose.

    point: a name in the card's operating points. error_rate: among the answers given, one of the card's.
    prevalence: of pneumonia among the reader's own films, 0 to 1. keep: whether their own readings are written down.
    blind: whether they are asked before ours is shown.
    """

    model: Model
    point: str
    error_rate: float
    prevalence: float
    keep: bool
    blind: bool

    @property
    def threshold(self) -> float:
        """The probability at which a film is called pneumonia."""
        return float(self._point["threshold"])

    def applied(self, answer: Answer) -> Answer:
        """The answer as it is at this operating point and error rate."""
        findings = answer.reading.findings
        if findings is None:
            return answer
        choice = Choice(self.point, self.error_rate)
        reading = decide(findings, Rules.of(self.model.card), choice, self.model.name, self.model.version)
        return replace(answer, reading=reading)

    def meaning(self, answer: str) -> str:
        """What the answer pneumonia, or normal, means in the reader's own ward, in a sentence."""
        ppv, npv = ward_values(self._point, self.prevalence)
        return children_like_these(ppv if answer == "pneumonia" else npv, answer)

    def in_own_ward(self, probability: float) -> str:
        """The probability, which holds for the model's own films, where pneumonia is rarer or commoner."""
        films = [self._point[name]["n"] for name in ("sensitivity", "specificity")]
        fitted = films[0] / sum(films)
        there = at_prevalence(probability, fitted, self.prevalence)
        return (
            f"The probability holds where {fitted:.0%} of films show pneumonia, as among the films it was calibrated "
            f"on; where {self.prevalence:.0%} do, it is {percent(there)}."
        )

    def in_words(self) -> list[str]:
        """How the answers were given, for the page and for reports."""
        return [
            f"Operating point {OPERATING_POINTS[self.point].lower()}: called pneumonia at {self.threshold:.1%} or above. "
            f"Errors accepted among the answers: {self.error_rate:.0%}.",
            f"Where {self.prevalence:.0%} of films show pneumonia: "
            + " ".join(self.meaning(answer) for answer in ("pneumonia", "normal")),
        ]

    def to_dict(self) -> dict[str, Any]:
        """What a report says of how the answers were given."""
        ppv, npv = ward_values(self._point, self.prevalence)
        chosen = {"operating_point": self.point, "threshold": self.threshold, "error_rate": self.error_rate}
        return chosen | {"prevalence": self.prevalence, "ppv": ppv.to_dict(), "npv": npv.to_dict()}

    @property
    def _point(self) -> dict[str, Any]:
        return self.model.card["operating_points"][self.point]


def choose_settings(models: list[Model]) -> Settings:
    """Controls in the row that is being drawn; what is seldom changed is one click down."""
    state = st.session_state
    with st.popover("Settings", icon=":material/tune:"):
        names = [model.name for model in models]
        if state.get("model") not in names:
            state.model = names[0]
        name = state.model
        if len(names) > 1:
            name = st.selectbox("Model", names, key="model", persist_state="session")
        model = models[names.index(name)]
        points = [point for point in OPERATING_POINTS if point in model.card["operating_points"]]
        point = st.segmented_control(
            "Operating point",
            points,
            format_func=OPERATING_POINTS.__getitem__,
            default=model.card["operating_point"],
            required=True,
            key=f"point {model.version}",
            persist_state="session",
            help="Rule out: few cases of pneumonia are missed. Rule in: few normal films are called pneumonia.",
        )
        usual_point, thresholds = model.card["operating_point"], Rules.of(model.card).thresholds
        if point != usual_point and thresholds[point] == thresholds[usual_point]:
            st.caption(
                f"With this model the same threshold as {OPERATING_POINTS[usual_point].lower()}, which does as well."
            )
        rates = sorted(float(rate) for rate in model.card["conformal"]["limits_by_error_rate"])
        usual = min(rates, key=lambda rate: abs(rate - DEFAULT_ERROR_RATE))
        error_rate = st.segmented_control(
            "Errors accepted among the answers",
            rates,
            format_func=lambda rate: f"{rate:.0%}",
            default=usual,
            required=True,
            key=f"error rate {model.version}",
            persist_state="session",
            help="The lower the rate, the more films are left uncertain.",
        )
        prevalence = st.slider(
            "Pneumonia among your own films",
            1,
            99,
            20,
            format="%d%%",
            key="prevalence",
            persist_state="session",
            help="Of 100 films in your ward, how many show pneumonia. It sets the predictive values.",
        )
        keep = st.toggle(
            "Keep my own readings",
            key="keep",
            persist_state="session",
            help="Written to this machine: the file's hash, your reading and ours, the model, the time. "
            "No image and no name.",
        )
        blind = st.toggle(
            "Ask for my reading first",
            key="blind",
            persist_state="session",
            disabled=not keep,
            help="Ours is shown when you have said yours.",
        )
    return Settings(model, point or points[0], error_rate or usual, prevalence / 100, keep, keep and blind)
