"""The record of a sweep: what is tried, and the runs that try it.

CXR_HOME/sweeps/ID/sweep.json   this record
                   split.csv    the split that all runs are trained and compared on
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from cxr_core.errors import DamagedRecord
from cxr_core.paths import home
from cxr_core.records import Fields, Record


@dataclass(frozen=True)
class Sweep(Record):
    """`sweep.json`. tried: setting to its values. settings: of each combination. runs: of each, a run's id per seed.

    rungs: the epochs after which settings are compared; the last is the recipe's.
    """

    what: ClassVar[str] = "a sweep"
    id: str
    recipe: str
    tried: Mapping[str, tuple[str, ...]]
    settings: tuple[Mapping[str, str], ...]
    runs: tuple[tuple[str, ...], ...]
    rungs: tuple[int, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The sweep of a JSON object. Raises ValueError."""
        fields = Fields(values)
        values_of = fields.part("tried")
        tried = {name: values_of.texts(name) for name in values_of.values}
        trials = fields.parts("trials")
        settings = [{name: part.part("settings").text(name) for name in tried} for part in trials]
        if any(one[name] not in tried[name] for one in settings for name in tried):
            raise ValueError("trials has a value that is not among those tried")
        rungs = tuple(map(int, fields.numbers("rungs")))
        if not rungs:
            raise ValueError("rungs is empty")
        return cls(
            content=values,
            id=fields.text("id"),
            recipe=fields.text("recipe"),
            tried=tried,
            settings=tuple(settings),
            runs=tuple(part.texts("runs") for part in trials),
            rungs=rungs,
        )


def sweeps_folder() -> Path:
    """`sweeps/` under the home folder; it may not exist."""
    return home() / "sweeps"


def list_sweeps() -> tuple[list[Sweep], list[str]]:
    """The sweeps of this home folder, that of the latest command first, and a sentence for each that cannot be read."""
    found, messages = [], []
    files = sorted(sweeps_folder().glob("*/sweep.json"), key=lambda file: (-file.stat().st_mtime, file))
    for file in files:
        try:
            found.append(Sweep.read(file))
        except DamagedRecord as error:
            messages.append(str(error))
    return found, messages
