"""What people decide about the films of a data set: tags, exclusions, other labels. The data set itself is not touched.

One file for each data set, `curation/KEY.json` under the home folder: the changes in order, each with its time and its
films by content (sha256). What holds is the sum of the changes that are not undone. Training and evaluation use
`curated`; a run keeps the decisions it began with.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd

from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.recent import data_set_key
from cxr_core.errors import SettingsError, not_one_of
from cxr_core.files import locked, store_file
from cxr_core.labels import CLASSES, NORMAL, OTHER, PNEUMONIA
from cxr_core.paths import home
from cxr_core.progress import Progress
from cxr_core.records import Fields, Record

TAG, UNTAG, EXCLUDE, INCLUDE, RELABEL = "tag", "untag", "exclude", "include", "relabel"
ACTIONS = (TAG, UNTAG, EXCLUDE, INCLUDE, RELABEL)
LABELS = (*CLASSES, OTHER)
EXCLUDED = "excluded: "
"""How the `fault` of an excluded film begins."""

MOST_CHARACTERS = 200
_KIND_OF = {NORMAL: "normal", PNEUMONIA: "unknown", OTHER: "other"}


@dataclass(frozen=True)
class Change:
    """One decision about some films.

    action: of ACTIONS. films: their sha256. value: the tag, the reason of an exclusion, or the new label. by: the name
    of who decided; a new label needs it. when: ISO 8601, UTC.
    """

    action: str
    films: tuple[str, ...]
    value: str
    by: str
    when: str
    undone: bool = False

    @property
    def in_words(self) -> str:
        """As in "excluded 3 films: blurred"."""
        films = f"{len(self.films):,} film{'s' if len(self.films) > 1 else ''}"
        verb, value = {
            TAG: ("tagged", f": {self.value}"),
            UNTAG: ("took a tag from", f": {self.value}"),
            EXCLUDE: ("excluded", f": {self.value}"),
            INCLUDE: ("included", " again"),
            RELABEL: ("relabelled", f" as {self.value}"),
        }[self.action]
        return f"{verb} {films}{value}"


@dataclass(frozen=True)
class Curation(Record):
    """The decisions about one data set, in order."""

    what: ClassVar[str] = "the decisions about a data set"
    changes: tuple[Change, ...]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Raises ValueError."""
        found = []
        for one in Fields(values).parts("changes"):
            change = Change(
                *(one.text("action"), one.texts("films"), one.text("value"), one.text("by"), one.text("when")),
                one.flag("undone", False),
            )
            if change.action not in ACTIONS or (change.action == RELABEL and change.value not in LABELS):
                raise ValueError(f"has the action {change.action!r} with {change.value!r}")
            found.append(change)
        return cls(values, tuple(found))

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """The record of these changes."""
        return cls.from_dict({"changes": [vars(change) | {"films": list(change.films)} for change in changes]})

    @property
    def standing(self) -> list[Change]:
        """The changes that are not undone, oldest first."""
        return [change for change in self.changes if not change.undone]

    @property
    def excluded(self) -> dict[str, str]:
        """The reason of each excluded film, by sha256."""
        found: dict[str, str] = {}
        for change in self.standing:
            if change.action == EXCLUDE:
                found |= dict.fromkeys(change.films, change.value)
            elif change.action == INCLUDE:
                found = {film: reason for film, reason in found.items() if film not in change.films}
        return found

    @property
    def labels(self) -> dict[str, tuple[str, str]]:
        """The new label of each relabelled film and who gave it, by sha256."""
        return {
            film: (change.value, change.by)
            for change in self.standing
            if change.action == RELABEL
            for film in change.films
        }

    @property
    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of each tagged film, by sha256."""
        found: dict[str, dict[str, None]] = {}
        for change in self.standing:
            for film in change.films:
                if change.action == TAG:
                    found.setdefault(film, {})[change.value] = None
                elif change.action == UNTAG:
                    found.get(film, {}).pop(change.value, None)
        return {film: tuple(tags) for film, tags in found.items() if tags}


def curation_of(index: Index) -> Curation:
    """The decisions about a data set; for several, those about each together. Raises DamagedRecord."""
    changes = [change for part in index.parts or (index,) for change in _read(_file(part)).changes]
    return Curation.of(changes)


def change_films(index: Index, action: str, films: Iterable[str], value: str = "", by: str = "") -> Change:
    """Store a decision about films, by their sha256.

    Raises SettingsError if a film, a reason, a tag, a label or a name that is needed is missing or too long; WorkError,
    also DamagedRecord, if it cannot be stored.
    """
    chosen, value, by = tuple(dict.fromkeys(films)), value.strip(), by.strip()
    needed = {TAG: "a tag", UNTAG: "a tag", EXCLUDE: "a reason", RELABEL: "a label"}.get(action)
    if action not in ACTIONS:
        raise not_one_of("action", action, ACTIONS)
    if not chosen or "" in chosen:
        raise SettingsError("none is chosen", thing="films", accepted="choose films that can be read")
    if needed and not value:
        raise SettingsError("is missing", thing=needed, accepted=f"up to {MOST_CHARACTERS} characters are accepted")
    if action == RELABEL and value not in LABELS:
        raise not_one_of("label", value, LABELS)
    if action == RELABEL and not by:
        raise SettingsError("is missing", thing="name", accepted="a new label needs the name of who gives it")
    if max(len(value), len(by)) > MOST_CHARACTERS:
        raise SettingsError(thing=needed or "name", accepted=f"up to {MOST_CHARACTERS} characters are accepted")
    change = Change(action, chosen, value, by, datetime.now(UTC).isoformat(timespec="seconds"))
    _store(index, lambda changes: (*changes, change))
    return change


def undo(index: Index) -> Change | None:
    """Undo the last change that stands and return it; None if there is none. It stays in the file, marked as undone."""
    undone: list[Change] = []

    def mark(changes: tuple[Change, ...]) -> tuple[Change, ...]:
        last = next((i for i in reversed(range(len(changes))) if not changes[i].undone), None)
        if last is None:
            return changes
        undone.append(changes[last])
        return (*changes[:last], replace(changes[last], undone=True), *changes[last + 1 :])

    _store(index, mark)
    return undone[0] if undone else None


def curated(index: Index, curation: Curation | None = None) -> Index:
    """The index as people decided: an excluded film has a `fault`, a relabelled one its new `label`.

    `Index.decisions` says how many. curation: by default what is decided now. The index itself if nothing is decided.
    Raises DamagedRecord.
    """
    curation = curation_of(index) if curation is None else curation
    excluded, labels = curation.excluded, {film: label for film, (label, _) in curation.labels.items()}
    films = index.films
    new = pd.Series([labels.get(film, "") for film in films["sha256"]], index=films.index, dtype=films["label"].dtype)
    changed = ((new != "") & (new != films["label"])).to_numpy()
    out = (films["sha256"].isin(list(excluded)) & (films["fault"] == "")).to_numpy()
    if not changed.any() and not out.any():
        return index
    films = films.copy()
    films.loc[changed, "label"] = new[changed]
    films.loc[changed, "kind"] = new[changed].map(_KIND_OF)
    films.loc[out, "fault"] = [f"{EXCLUDED}{excluded[film]}" for film in films.loc[out, "sha256"]]
    return replace(index, films=films, decisions=in_words(int(out.sum()), int(changed.sum())))


def index_with_kept_decisions(data: Any, folder: Path, begins: bool = False, progress: Progress | None = None) -> Index:
    """The index of a run's data with the decisions that its folder keeps, `curation.json`; without one, with none.

    data, progress: see `build_index`. begins: whether the folder keeps today's decisions if it has none yet, as of a
    run that begins. Raises DataSetError, and DamagedRecord if decisions cannot be read.
    """
    index, file = build_index(data, progress), folder / "curation.json"
    if begins and not file.exists():
        curation_of(index).write(file)
    return curated(index, Curation.read(file)) if file.exists() else index


def in_words(excluded: int, relabelled: int) -> str:
    """The sentence on how many films are excluded and relabelled, "" for none."""
    parts = [f"{n:,} {what}" for n, what in ((excluded, "excluded"), (relabelled, "relabelled")) if n]
    return f"Decisions on the Dataset page are used: films {' and '.join(parts)}." if parts else ""


def _store(index: Index, change: Callable[[tuple[Change, ...]], tuple[Change, ...]]) -> None:
    if index.parts:
        raise SettingsError("is several data sets", thing=index.root, accepted="change films of one of them")
    file = _file(index)
    file.parent.mkdir(parents=True, exist_ok=True)
    with locked(file):
        changed = Curation.of(change(_read(file).changes))
        with store_file(file, "the decisions about films") as part:
            changed.write(part)


def _read(file: Path) -> Curation:
    return Curation.read(file) if file.exists() else Curation.of(())


def _file(index: Index) -> Path:
    return home() / "curation" / f"{data_set_key(str(index.source))}.json"
