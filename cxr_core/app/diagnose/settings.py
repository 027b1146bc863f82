"""The settings of the page: model, operating point, error rate, and the clinician's own readings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import streamlit as st

from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.prevalence import forget_prevalence, prevalence_of_session
from cxr_core.app.diagnose.session import FilmResult
from cxr_core.inference.decision import Choice, Rules, decide
from cxr_core.inference.elsewhere import worth_elsewhere
from cxr_core.inference.number import number_text, of_100
from cxr_core.inference.reader_log import OwnReading
from cxr_core.inference.reader_summary import assigned_blind
from cxr_core.labels import OPERATING_POINTS
from cxr_core.languages import message, percent
from cxr_core.metrics.prevalence import predictive_values_of_point
from cxr_core.models.card_sections import CardPoint
from cxr_core.models.registry import Model
from cxr_core.models.site_profile import SiteProfile, damaged_profiles, list_profiles

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """The settings that the user chose.

    point: key of an operating point of the model's card. error_rate: one of the rates of the card. prevalence: local
    prevalence of pneumonia, 0.02 to 0.8. keep: whether own readings are recorded. blind: whether the model's reading is
    hidden until the user has entered their own. half: whether that is for half of the films only, chosen by chance.
    site: the profile that applies, or None.
    """

    model: Model
    point: str
    error_rate: float
    prevalence: float
    keep: bool
    blind: bool
    half: bool = False
    site: SiteProfile | None = None

    @cached_property
    def rules(self) -> Rules:
        """The model's rules for a verdict; they are asked for each film."""
        rules = Rules.of(self.model.card)
        return rules.at(self.site)

    @property
    def site_text(self) -> list[str]:
        """The site whose profile applies, for the banner; empty without one."""
        return [_("site {name}", name=self.site.name)] if self.site else []

    @property
    def choice(self) -> Choice:
        """Operating point, error rate and prevalence."""
        return Choice(self.point, self.error_rate, self.prevalence)

    def asks_first(self, sha256: str) -> bool:
        """Whether the reader is asked for their reading of this film before the model's is shown."""
        return self.blind and (not self.half or assigned_blind(sha256))

    def number_of(self, own: OwnReading) -> float | None:
        """The probability of the model's reading at this prevalence, in [0, 1]; None for another model's reading."""
        if own.probability is None or own.version != self.model.version:
            return None
        return self.rules.number(own.probability, self.choice)

    def apply(self, result: FilmResult) -> FilmResult:
        """The result with the verdict at this operating point and error rate; nothing is predicted again."""
        prediction = result.reading.prediction
        if prediction is None:
            return result
        reading = decide(prediction, self.rules, self.choice, self.model.name, self.model.version)
        return replace(result, reading=reading)

    def summary(self) -> list[str]:
        """The settings in sentences, and what the model is worth elsewhere, for the page and for reports."""
        normal_to, pneumonia_from = map(number_text, self.rules.answered(self.choice))
        settings = message(
            "Where {patients} of 100 patients have pneumonia: normal up to {normal_to}, pneumonia from "
            "{pneumonia_from}, "
            "uncertain between (operating point: {point}, accepted error rate: {rate}).",
            patients=of_100(self.prevalence),
            normal_to=normal_to,
            pneumonia_from=pneumonia_from,
            point=OPERATING_POINTS[self.point],
            rate=percent(self.error_rate),
        )
        site = self.site.sentence if self.site else ""
        return [text for text in (settings, site, worth_elsewhere(self.model)) if text]

    def to_dict(self) -> dict[str, Any]:
        """The settings for the JSON report, with the predictive values at the local prevalence."""
        ppv, npv = predictive_values_of_point(self._point, self.prevalence)
        threshold = self.model.card.operating_points[self.point].threshold
        chosen = {"operating_point": self.point, "threshold": threshold, "error_rate": self.error_rate}
        site = {"site": self.site.to_dict()} if self.site else {}
        return chosen | site | {"prevalence": self.prevalence, "ppv": ppv.to_dict(), "npv": npv.to_dict()}

    @property
    def _point(self) -> CardPoint:
        return self.model.card.operating_points[self.point]


def choose_settings(models: list[Model]) -> Settings:
    """Draw the popover with the controls, which are drawn when it is opened, and return their values."""
    state = st.session_state
    popover = st.popover(_("Settings"), icon=":material/tune:", key="settings", on_change="rerun")
    drawn = bool(popover.open)
    with popover:
        names = [model.name for model in models]
        if state.get("model") not in names:
            state.model = names[0]
        if len(names) > 1:  # drawn while it is shut too, so that what opens is not empty at first
            st.selectbox(_("Model"), names, key="model", persist_state="session")
        model = models[names.index(state.model)]
        show_passed_over(damaged_profiles())
        site = _site(list_profiles(model), drawn)
        rules = Rules.of(model.card).at(site)
        prevalence = prevalence_of_session(rules)
        point = _choice(
            _("Operating point"),
            rules.points_that_differ(Choice(prevalence=prevalence)),
            model.card.operating_point,
            f"point {model.version}",
            lambda point: _(OPERATING_POINTS[point]),
            _(
                "Rule out: high sensitivity, few missed cases. Rule in: high specificity, few false alarms. "
                "Only choices that change answers at this prevalence are offered."
            ),
            drawn,
        )
        error_rate = _choice(
            _("Accepted error rate"),
            rules.rates_that_differ(Choice(point, prevalence=prevalence)),
            model.card.error_rate,
            f"error rate {model.version}",
            lambda rate: _(percent(rate)),
            _(
                "Highest share of the films of each class for which that class is ruled out. "
                "Only choices that change answers at this prevalence are offered."
            ),
            drawn,
        )
        if drawn:
            _own_reading_controls()
    keep = state.get("keep", False)
    blind = keep and state.get("blind", False)
    return Settings(model, point, error_rate, prevalence, keep, blind, state.get("half", False), site)


def _own_reading_controls() -> None:
    keep = st.toggle(
        _("Keep my own readings"),
        key="keep",
        persist_state="session",
        help=_(
            "Stored on this machine: the file's hash, your reading and the model's, model version and time. "
            "No image and no name."
        ),
    )
    blind = st.toggle(
        _("Ask for my reading first"),
        key="blind",
        persist_state="session",
        disabled=not keep,
        help=_("The model's reading is hidden until you have entered yours."),
    )
    st.toggle(
        _("For half of the films, by chance"),
        key="half",
        persist_state="session",
        disabled=not (keep and blind),
        help=_(
            "Only so can your times with and without the model's answer be compared: the choice of the films is "
            "not yours."
        ),
    )


def _site(profiles: list[SiteProfile], drawn: bool) -> SiteProfile | None:
    """The chosen site profile, at first the newest; None for none. Nothing is drawn where there is none."""
    if not profiles:
        return None
    by_name = {profile.name: profile for profile in profiles}
    names = [*by_name, ""]
    if st.session_state.get("site") not in names:
        st.session_state.site = names[0]
    if drawn:
        st.selectbox(
            _("Site profile"),
            names,
            format_func=lambda name: name or _("None: as released"),
            key="site",
            persist_state="session",
            on_change=forget_prevalence,
        )
    return by_name.get(st.session_state.site)


def _choice(label: str, options: list[T], default: T, key: str, text: Callable[[T], str], about: str, drawn: bool) -> T:
    """The chosen option; a choice between options that give the same answers is not offered."""
    state = st.session_state
    if state.get(key) not in options:
        state.pop(key, None)
    if not drawn:
        return state.get(key, default) if len(options) > 1 else default
    if len(options) < 2:
        st.caption(
            _(
                "{setting}: {value}. No other would change an answer at this prevalence.",
                setting=label,
                value=text(default),
            )
        )
        return default
    chosen = st.segmented_control(
        label,
        options,
        format_func=text,
        default=default,
        required=True,
        key=key,
        persist_state="session",
        help=about,
    )
    return default if chosen is None else chosen
