"""JSON files that the app writes and reads again: checked when they are read, migrated, their unknown keys kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from cxr_core.errors import DamagedRecord
from cxr_core.records import SCHEMA, Fields, Record, migrate, read_table
from tests.support.damaged_files import WAYS


@dataclass(frozen=True)
class Film(Record):
    what: ClassVar[str] = "a film's record"
    name: str
    width: int

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        fields = Fields(values)
        return cls(content=values, name=fields.text("name"), width=fields.whole("width"))


def test_a_record_is_read_as_it_was_written_and_unknown_keys_survive(tmp_path: Path) -> None:
    file = tmp_path / "film.json"
    Film.from_dict({"name": "a", "width": 3, "later": {"x": 1}}).write(file)
    again = Film.read(file)
    assert (again.name, again.width, again.schema) == ("a", 3, SCHEMA)
    again.changed(width=4).write(file)
    assert json.loads(file.read_text()) == {"schema": SCHEMA, "name": "a", "width": 4, "later": {"x": 1}}
    with pytest.raises(ValueError, match="width is missing"):
        again.changed(width=None)


def test_a_record_is_not_read_like_a_dictionary() -> None:
    film = Film.from_dict({"name": "a", "width": 3})
    assert not isinstance(film, Mapping)
    with pytest.raises(TypeError, match="not subscriptable"):
        film["name"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        film.get("name")  # type: ignore[attr-defined]


def test_a_file_of_schema_1_is_migrated_and_one_of_a_later_schema_refused(tmp_path: Path) -> None:
    file = tmp_path / "film.json"
    file.write_text('{"name": "a", "width": 3}')
    assert Film.read(file).schema == SCHEMA
    with pytest.raises(ValueError, match="its schema is 9; this version reads up to 2"):
        migrate({"schema": 9})
    file.write_text('{"schema": 9, "name": "a", "width": 3}')
    with pytest.raises(DamagedRecord, match=r"film\.json: is not a film's record \(its schema is 9"):
        Film.read(file)


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_file_is_one_sentence_that_names_it(tmp_path: Path, way: str) -> None:
    file = tmp_path / "film.json"
    Film.from_dict({"name": "a", "width": 3}).write(file)
    WAYS[way](file)
    with pytest.raises(DamagedRecord) as caught:
        Film.read(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: is not a film's record (")
    assert message.endswith(") and is passed over; restore it or remove it.")
    assert "\n" not in message


def test_a_missing_file_is_damaged_as_well(tmp_path: Path) -> None:
    with pytest.raises(DamagedRecord, match="No such file"):
        Film.read(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": 7}, "name is 7, not a text"),
        ({"name": None}, "name is missing"),
        ({"name": "a"}, "width is missing"),
        ({"name": "a", "width": True}, "width is true, not a whole number"),
        ({"name": "a", "width": 2.5}, "width is 2.5, not a whole number"),
        ({"name": "a", "width": [1]}, "width is a list, not a whole number"),
    ],
)
def test_the_reason_names_the_key_and_the_value(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        Film.from_dict(values)


def test_numbers_are_finite_unless_stated() -> None:
    fields = Fields({"a": float("nan"), "b": float("-inf"), "c": {"d": 1}})
    with pytest.raises(ValueError, match="a is NaN, not a number"):
        fields.number("a")
    assert fields.optional_number("a") is None
    assert fields.number("b", finite=False) == float("-inf")
    assert fields.part("c").number("d") == 1.0
    assert fields.part("gone", optional=True).values == {}
    with pytest.raises(ValueError, match=r"c\.e is missing"):
        fields.part("c").text("e")


def test_a_table_must_have_its_columns_and_in_one_of_numbers_other_rows_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("epoch,loss\n1,0.5\n2,oops\n3,0.25\n4,0.")
    assert read_table(file, ["epoch"], "a history", numbers=True)["epoch"].tolist() == [1, 3, 4]
    with pytest.raises(DamagedRecord, match=r"history\.csv: is not a history \(it has no column auc\)"):
        read_table(file, ["auc"], "a history")
    for content in (b"\xff\xfe" * 9, b"", bytes(50)):
        file.write_bytes(content)
        with pytest.raises(DamagedRecord, match=r"history\.csv: is not a history"):
            read_table(file, ["epoch"], "a history")
