"""The sentence of an error is made in one place, of its fields."""

import pickle

import pytest

from cxr_core.errors import CXRError, DataSetError, InputError, NotFound, UnusableFile, WorkError


def test_fields_become_one_sentence() -> None:
    error = DataSetError("has no row", thing="scores.csv", accepted="at least one film is needed")
    assert str(error) == "scores.csv: has no row; at least one film is needed."
    assert (error.thing, error.problem, error.accepted) == ("scores.csv", "has no row", "at least one film is needed")
    assert str(DataSetError("a whole sentence.")) == "a whole sentence."
    assert str(WorkError("cannot be loaded.", thing="model a")) == "model a: cannot be loaded."


def test_another_name_of_the_thing_needs_no_surgery() -> None:
    error = DataSetError("has no row", thing="/tmp/x/scores.csv", accepted="one is needed")
    assert str(error.about("scores.csv")) == "scores.csv: has no row; one is needed."
    assert type(error.about("a")) is DataSetError


def test_an_error_keeps_its_fields_between_processes() -> None:
    error = pickle.loads(pickle.dumps(NotFound("is missing", thing="model", accepted="another")))
    assert isinstance(error, NotFound)
    assert (error.thing, error.problem, error.accepted) == ("model", "is missing", "another")


@pytest.mark.parametrize(
    ("kind", "also"), [(UnusableFile, ValueError), (InputError, ValueError), (WorkError, RuntimeError)]
)
def test_the_tree_is_that_of_its_docstring(kind: type[CXRError], also: type[Exception]) -> None:
    assert issubclass(kind, CXRError)
    assert issubclass(kind, also)
