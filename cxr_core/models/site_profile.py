"""Site profiles: how a model is used at a hospital, stored after its acceptance there, `CXR_HOME/sites/NAME.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.errors import DamagedRecord, SettingsError, work_error
from cxr_core.files import locked
from cxr_core.languages import message
from cxr_core.metrics.conformal import ConformalLimits
from cxr_core.metrics.prevalence import LEAST_PREVALENCE, MOST_PREVALENCE
from cxr_core.models.registry import Model, check_name
from cxr_core.paths import home
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class SiteProfile(Record):
    """A model's settings at one site.

    prevalence: of pneumonia there, in [0.02, 0.8]. shift: subtracted from the logit of the calibrated probability.
    limits_by_error_rate: conformal limits on the shifted probability, in place of the card's; empty for the card's.
    verdict: of the acceptance. who: accepted it. when: ISO 8601, UTC. data: what it was tested on. films: their number.
    """

    what: ClassVar[str] = "a site profile"
    name: str
    model: str
    version: str
    prevalence: float
    shift: float
    limits_by_error_rate: Mapping[float, ConformalLimits]
    verdict: str
    who: str
    when: str
    data: str
    films: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The profile of a JSON object. Raises ValueError."""
        fields = Fields(values)
        prevalence = fields.number("prevalence")
        if not LEAST_PREVALENCE <= prevalence <= MOST_PREVALENCE:
            raise ValueError(f"prevalence is not between {LEAST_PREVALENCE:g} and {MOST_PREVALENCE:g}")
        limits = {
            float(rate): ConformalLimits(one.number("pneumonia_from"), one.number("normal_to"))
            for rate, one in fields.objects("limits_by_error_rate").items()
        }
        return cls(
            content=values,
            name=fields.text("name"),
            model=fields.text("model"),
            version=fields.text("version"),
            prevalence=prevalence,
            shift=fields.number("shift"),
            limits_by_error_rate=limits,
            verdict=fields.text("verdict"),
            who=fields.text("who"),
            when=fields.text("when"),
            data=fields.text("data"),
            films=fields.whole("films"),
        )

    def require_model(self, model: Model) -> None:
        """Raises SettingsError unless this is the profile of exactly this model."""
        if self.version != model.version:
            raise SettingsError(
                f"its profile is of {self.model} {self.version}, not of {model.name} {model.version}",
                thing=f"site {self.name!r}",
                accepted="accept the model there first",
            )

    @property
    def sentence(self) -> str:
        """What is said with every answer that is given by the profile."""
        about = {"site": self.name, "films": self.films, "day": self.when[:10], "who": self.who}
        if self.shift:
            shift = f"{-self.shift:+.2f}"
            return message(
                "By the profile of site {site}, {films} films, {day}, {who}, scores moved by {shift} logits.",
                shift=shift,
                **about,
            )
        return message("By the profile of site {site}, {films} films, {day}, {who}.", **about)


def store_profile(profile: SiteProfile) -> None:
    """Store a profile under its name, in place of an earlier one. Raises SettingsError, or WorkError."""
    check_name(profile.name)
    file = home() / "sites" / f"{profile.name}.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with locked(file):
            profile.write(file)
    except OSError as error:
        raise work_error(file, "the site profile cannot be stored", error) from error


def list_profiles(model: Model | None = None) -> list[SiteProfile]:
    """Every profile, or those of one model, the newest first, without those that `damaged_profiles` reports."""
    wanted = [one for one in _all_profiles()[0] if model is None or one.version == model.version]
    return sorted(wanted, key=lambda profile: profile.when, reverse=True)


def damaged_profiles() -> list[str]:
    """A sentence for each profile that cannot be read and is passed over."""
    return _all_profiles()[1]


def _all_profiles() -> tuple[list[SiteProfile], list[str]]:
    profiles, messages = [], []
    for file in sorted((home() / "sites").glob("*.json")):
        try:
            profiles.append(SiteProfile.read(file))
        except DamagedRecord as error:
            messages.append(str(error))
    return profiles, messages


def find_profile(name: str) -> SiteProfile:
    """The profile of a site. Raises SettingsError if there is none, DamagedRecord if it cannot be read."""
    file = home() / "sites" / f"{name}.json"
    known = [profile.name for profile in list_profiles()]
    if name not in known and not (name == file.stem and file.is_file()):
        raise SettingsError(
            "has no profile", thing=f"site {name!r}", accepted=f"accepted are {', '.join(known) or 'none yet'}"
        )
    return SiteProfile.read(file)
