"""The settings of the page: model, operating point, error rate, local prevalence, and the clinician's own readings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from cxr_core.app.diagnose.session import FilmResult
from cxr_core.inference.decision import Choice, Rules, decide, fitted_prevalence
from cxr_core.inference.wording import percent
from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.prevalence import (
    predictive_value_text,
    predictive_values_of_point,
    probability_at_prevalence,
)
from cxr_core.models.registry import Model

DEFAULT_ERROR_RATE = 0.1


@dataclass(frozen=True)
class Settings:
    """The settings that the user chose.

    point: key of an operating point of the model's card. error_rate: accepted share of wrong results among definite
    ones, one of the rates of the card. prevalence: local prevalence of pneumonia, 0.02 to 0.8. keep: whether own
    readings are recorded. blind: whether the model's reading is hidden until the user has entered their own.
    """

    model: Model
    point: str
    error_rate: float
    prevalence: float
    keep: bool
    blind: bool

    @property
    def threshold(self) -> float:
        """The probability at or above which a film is classified as pneumonia."""
        return float(self._point["threshold"])

    def apply(self, result: FilmResult) -> FilmResult:
        """The result with the verdict at this operating point and error rate; nothing is predicted again."""
        prediction = result.reading.prediction
        if prediction is None:
            return result
        choice = Choice(self.point, self.error_rate, self.prevalence)
        reading = decide(prediction, Rules.of(self.model.card), choice, self.model.name, self.model.version)
        return replace(result, reading=reading)

    def predictive_value(self, answer: str) -> str:
        """The predictive value of a result, "pneumonia" or "normal", at the local prevalence, in one sentence."""
        ppv, npv = predictive_values_of_point(self._point, self.prevalence)
        return predictive_value_text(ppv if answer == "pneumonia" else npv, answer)

    def probability_here(self, probability: float) -> str:
        """A calibrated probability at the prevalence of its calibration and at the local one, in one sentence."""
        calibrated_at = fitted_prevalence(self.model.card)
        here = probability_at_prevalence(probability, calibrated_at, self.prevalence)
        return (
            f"The probability is calibrated at a prevalence of {calibrated_at:.0%}, that of the validation films. "
            f"At your local prevalence of {self.prevalence:.0%} it is {percent(here)}."
        )

    def summary(self) -> list[str]:
        """The settings in sentences, for the page and for reports."""
        return [
            f"Operating point {OPERATING_POINTS[self.point].lower()}: classified as pneumonia at {self.threshold:.1%} "
            f"or above. Accepted error rate: {self.error_rate:.0%}.",
            f"At a local prevalence of {self.prevalence:.0%}: "
            + " ".join(self.predictive_value(answer) for answer in ("pneumonia", "normal")),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The settings for the JSON report, with the predictive values at the local prevalence."""
        ppv, npv = predictive_values_of_point(self._point, self.prevalence)
        chosen = {"operating_point": self.point, "threshold": self.threshold, "error_rate": self.error_rate}
        return chosen | {"prevalence": self.prevalence, "ppv": ppv.to_dict(), "npv": npv.to_dict()}

    @property
    def _point(self) -> Mapping[str, Any]:
        return self.model.card.operating_points[self.point].estimates


def choose_settings(models: list[Model]) -> Settings:
    """Draw the controls, in a popover, and return their values."""
    state = st.session_state
    with st.popover("Settings", icon=":material/tune:"):
        names = [model.name for model in models]
        if state.get("model") not in names:
            state.model = names[0]
        name = state.model
        if len(names) > 1:
            name = st.selectbox("Model", names, key="model", persist_state="session")
        model = models[names.index(name)]
        points = [point for point in OPERATING_POINTS if point in model.card.operating_points]
        point = st.segmented_control(
            "Operating point",
            points,
            format_func=OPERATING_POINTS.__getitem__,
            default=model.card.operating_point,
            required=True,
            key=f"point {model.version}",
            persist_state="session",
            help="Rule out: high sensitivity, few missed cases. Rule in: high specificity, few false alarms.",
        )
        default_point, thresholds = model.card.operating_point, Rules.of(model.card).thresholds
        if point != default_point and thresholds[point] == thresholds[default_point]:
            st.caption(f"With this model the threshold is the same as for {OPERATING_POINTS[default_point].lower()}.")
        rates = sorted(model.card.limits_by_error_rate)
        default_rate = min(rates, key=lambda rate: abs(rate - DEFAULT_ERROR_RATE))
        error_rate = st.segmented_control(
            "Accepted error rate",
            rates,
            format_func=lambda rate: f"{rate:.0%}",
            default=default_rate,
            required=True,
            key=f"error rate {model.version}",
            persist_state="session",
            help="Highest share of wrong results among definite ones. The lower it is, the more films are uncertain.",
        )
        prevalence = st.slider(
            "Local prevalence of pneumonia",
            2,
            80,
            20,
            format="%d%%",
            key="prevalence",
            persist_state="session",
            help="Share of your own films that show pneumonia. Predictive values and results depend on it.",
        )
        keep = st.toggle(
            "Keep my own readings",
            key="keep",
            persist_state="session",
            help="Stored on this machine: the file's hash, your reading and the model's, model version and time. "
            "No image and no name.",
        )
        blind = st.toggle(
            "Ask for my reading first",
            key="blind",
            persist_state="session",
            disabled=not keep,
            help="The model's reading is hidden until you have entered yours.",
        )
    return Settings(model, point or points[0], error_rate or default_rate, prevalence / 100, keep, keep and blind)
