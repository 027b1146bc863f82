"""Records: JSON files that the app writes and reads again. Their content is checked when they are read.

A record is a frozen dataclass of what the app uses, with `schema`, `read` and `write`. It is read by its attributes and
never like a dictionary. Keys that this version does not know stay in `content` and are written again. A file of schema
1, from before records had a number, is migrated. A file that is not such a record raises DamagedRecord, one sentence
that names the file; whoever lists records passes it over.

To add a record, derive it and check every value as it is read; a part of it is a frozen dataclass of its own:

    @dataclass(frozen=True)
    class SiteProfile(Record):
        what: ClassVar[str] = "a site profile"
        prevalence: float
        points: Mapping[str, Point]

        @classmethod
        def from_dict(cls, values: dict[str, Any]) -> Self:
            fields = Fields(values)
            points = {name: Point.of(point) for name, point in fields.objects("points").items()}
            return cls(content=values, prevalence=fields.number("prevalence"), points=points)

    SiteProfile.from_dict({"prevalence": 0.2, "points": {}}).write(file)
    SiteProfile.read(file).changed(prevalence=0.1).write(file)    # under `files.locked` if others write it too

and give its file to `tests/support/damaged_files.py` and `tests/support/hostile/homes.py`.
"""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from cxr_core.errors import DamagedRecord, reason_of
from cxr_core.files import replace_atomically

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 2
_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a whole number", bool: "true or false"}


class Fields:
    """The values of a JSON object by key and type. Every method raises ValueError, naming the key, for another type.

    With a default, a key may be missing or null.
    """

    def __init__(self, values: Any, inside: str = "") -> None:
        self._inside = inside
        self.values: dict[str, Any] = _typed(values, dict, inside.rstrip(".") or "the content")

    def text(self, key: str) -> str:
        """A text."""
        return str(_typed(self._get(key), str, self._name(key)))

    def optional_text(self, key: str) -> str | None:
        """A text, or None."""
        return None if self.values.get(key) is None else self.text(key)

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        return int(_typed(self._get(key, default), int, self._name(key)))

    def optional_whole(self, key: str) -> int | None:
        """A whole number, or None."""
        return None if self.values.get(key) is None else self.whole(key)

    def number(self, key: str, default: float | None = None, finite: bool = True) -> float:
        """A number, by default a finite one."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or (finite and not math.isfinite(value)):
            raise ValueError(f"{self._name(key)} is {_shown(value)}, not a number")
        return float(value)

    def optional_number(self, key: str) -> float | None:
        """A finite number; None for null, and for the NaN that earlier versions wrote."""
        value = self.values.get(key)
        return None if value is None or (isinstance(value, float) and math.isnan(value)) else self.number(key)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers; empty if it is missing."""
        listed = _typed(self._get(key, []), list, self._name(key))
        inside = Fields({str(i): value for i, value in enumerate(listed)}, f"{self._name(key)}.")
        return tuple(inside.number(i) for i in inside.values)

    def wholes(self) -> dict[str, int]:
        """These values, which are all whole numbers, by name."""
        return {name: self.whole(name) for name in self.values}

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return bool(_typed(self._get(key, default), bool, self._name(key)))

    def objects(self, key: str) -> "dict[str, Fields]":
        """An object of objects, by name."""
        return self.part(key).objects_here()

    def objects_here(self) -> "dict[str, Fields]":
        """These values, which are all objects, by name."""
        return {name: self.part(name) for name in self.values}

    def part(self, key: str, optional: bool = False) -> "Fields":
        """An object; empty if it is optional and missing."""
        return Fields(self._get(key, {} if optional else None), f"{self._name(key)}.")

    def optional_part(self, key: str) -> "Fields | None":
        """An object, or None."""
        return None if self.values.get(key) is None else self.part(key)

    def texts(self, key: str, optional: bool = False) -> tuple[str, ...]:
        """A list of texts; empty if it is optional and missing."""
        listed = _typed(self._get(key, [] if optional else None), list, self._name(key))
        return tuple(str(_typed(value, str, f"an entry of {self._name(key)}")) for value in listed)

    def parts(self, key: str) -> "tuple[Fields, ...]":
        """A list of objects; empty if it is missing."""
        listed = _typed(self._get(key, []), list, self._name(key))
        return tuple(Fields(value, f"an entry of {self._name(key)}.") for value in listed)

    def _name(self, key: str) -> str:
        return f"{self._inside}{key}"

    def _get(self, key: str, default: Any = None) -> Any:
        value = self.values.get(key)
        if value is None and default is None:
            raise ValueError(f"{self._name(key)} is missing")
        return default if value is None else value


@dataclass(frozen=True)
class Record(ABC):
    """Base of the records. content: the whole JSON object, with the keys that this version does not know.

    It is read by its fields; `content` is only written again, shown whole, and copied by `changed`.
    """

    what: ClassVar[str] = "a record"
    content: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Self:
        """The record in a file. Raises DamagedRecord, naming the file."""
        values = read_object(file, cls.what)
        try:
            return cls.from_dict(migrate(values))
        except ValueError as error:
            raise damaged(file, cls.what, str(error)) from error

    @classmethod
    @abstractmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The record of a JSON object. Raises ValueError, saying what is wrong with it."""

    @property
    def schema(self) -> int:
        """The version of its format."""
        return int(self.content.get("schema", SCHEMA))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: everything that was read, and `schema`."""
        return {"schema": SCHEMA} | self.content

    def write(self, file: Path) -> None:
        """Replace a file by this record. Raises OSError, and ValueError for a number that is not finite."""
        write_object(file, self.to_dict())

    def changed(self, **sections: Any) -> Self:
        """The record with other values for some keys of its JSON object. Raises ValueError, as `from_dict` does."""
        return type(self).from_dict(self.content | sections)


def migrate(values: dict[str, Any]) -> dict[str, Any]:
    """The content of a record in today's schema: that of schema 1, which had no number, is the same but for it.

    Raises ValueError for a schema that only a later version reads.
    """
    schema = Fields(values).whole("schema", 1)
    if not 1 <= schema <= SCHEMA:
        raise ValueError(f"its schema is {schema}; this version reads up to {SCHEMA}")
    return values | {"schema": SCHEMA}


def read_object(file: Path, what: str) -> dict[str, Any]:
    """The JSON object in a file. what: as in "is not a run's state". Raises DamagedRecord, naming the file."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise damaged(file, what, reason_of(error)) from error
    except UnicodeDecodeError as error:
        raise damaged(file, what, "its bytes are not text") from error
    except (ValueError, RecursionError) as error:
        raise damaged(file, what, "it is not complete JSON") from error
    if not isinstance(values, dict):
        raise damaged(file, what, f"it holds {_shown(values)}")
    return values


def write_object(file: Path, values: Mapping[str, Any]) -> None:
    """Replace a file by a JSON object. Raises OSError, and ValueError for a number that is not finite."""
    text = json.dumps(values, indent=1, allow_nan=False) + "\n"
    with replace_atomically(file) as part:
        part.write_text(text, encoding="utf-8")


def damaged(file: Path, what: str, reason: str) -> DamagedRecord:
    """The error for a file that is not the record it should be."""
    return DamagedRecord(f"is not {what} ({reason}) and is passed over", thing=file, accepted="restore it or remove it")


def read_table(file: Path, columns: Iterable[str], what: str, numbers: bool = False) -> "pd.DataFrame":
    """A CSV file with at least these columns; all values are text, or with `numbers` numbers, without other rows.

    Raises DamagedRecord, naming the file.
    """
    import pandas as pd  # late: the command line's help needs none

    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, on_bad_lines="skip" if numbers else "error")
    except OSError as error:
        raise damaged(file, what, reason_of(error)) from error
    except (ValueError, RecursionError) as error:  # pandas' own errors are ValueErrors
        raise damaged(file, what, "it is not a table") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise damaged(file, what, f"it has no column {missing[0]}")
    return table.apply(pd.to_numeric, errors="coerce").dropna(ignore_index=True) if numbers else table


def _typed(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{name} is {_shown(value)}, not {_NAMES[kind]}")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return _NAMES[type(value)]
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:37]}..."
