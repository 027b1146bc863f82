"""A drift and its words: a statistic of one week's films that lies outside its limits."""

from dataclasses import dataclass
from decimal import Decimal

from cxr_core.labels import VERDICTS
from cxr_core.languages import Message, message, percent

BY_MAKER = "share of films by "
UNNAMED, OTHERS = f"{BY_MAKER}an unnamed manufacturer", f"{BY_MAKER}others"
_NAMES = {
    "share of pneumonia": message("share of pneumonia"),
    "share of normal": message("share of normal"),
    "share of uncertain": message("share of uncertain"),
    "share of not assessable": message("share of not assessable"),
    "share of dark films": message("share of dark films"),
    "share of films of low contrast": message("share of films of low contrast"),
    UNNAMED: message("share of films by an unnamed manufacturer"),
    OTHERS: message("share of films by others"),
    "mean logit": message("mean logit"),
    "mean age": message("mean age"),
}


@dataclass(frozen=True)
class Drift:
    """One drift. week: its Monday, "2026-11-23". value, low, high: in the statistic's own unit. films: it is of."""

    site: str
    version: str
    week: str
    statistic: str
    value: float
    low: float
    high: float
    films: int

    @property
    def sentence(self) -> Message:
        """What is said of it."""
        is_share = self.statistic.startswith("share")
        value, low, high = (
            percent(number) if is_share else message("{number}", number=Decimal(f"{number:.2f}"))
            for number in (self.value, self.low, self.high)
        )
        return message(
            "In the week of {week} the {statistic} is {value}, of {films} films; {low} to {high} is expected.",
            week=self.week,
            statistic=statistic_in_words(self.statistic),
            value=value,
            films=self.films,
            low=low,
            high=high,
        )


def share_of(verdict: str) -> str:
    """The name of the statistic of a verdict."""
    return f"share of {VERDICTS[verdict].lower()}"  # type: ignore[index]


def statistic_in_words(name: str) -> Message:
    """The name of a statistic; that of a manufacturer names it."""
    return _NAMES.get(name) or message("share of films by {manufacturer}", manufacturer=name.removeprefix(BY_MAKER))
