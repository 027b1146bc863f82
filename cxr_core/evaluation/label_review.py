"""Contested labels: films whose label a reviewer doubts, in `$CXR_HOME/contested.json`.

Labels are never changed. Estimates are given with all films and, separately, without the contested ones.
"""

import json
from datetime import UTC, datetime

import numpy as np

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.files import locked, store_file
from cxr_core.metrics.scores import Scores
from cxr_core.paths import home
from cxr_core.records import Fields, damaged, read_object

FILE = "contested.json"
MARKS = "a list of contested films"


def film_keys(evaluation: Evaluation) -> np.ndarray:
    """The key of each film in the marks, `str (N,)`: its content where known, else its file name, and its label.

    The label is part of the key, so that a film that has been relabelled is no longer contested.
    """
    films = evaluation.films
    names = films["sha256"] if "sha256" in films else films["file"]
    return (names.astype(str) + " " + films["label"]).to_numpy(str)


def contested(evaluation: Evaluation) -> np.ndarray:
    """Which films are contested, `bool (N,)`. Raises WorkError if the marks cannot be read."""
    return np.isin(film_keys(evaluation), list(marks()))


def uncontested(evaluation: Evaluation) -> Scores | None:
    """The scores without contested films; None if no film or every film is contested. Raises WorkError."""
    excluded = contested(evaluation)
    return None if excluded.all() or not excluded.any() else evaluation.scores.subset(~excluded)


def contest(key: str, file: str, doubted: bool, reviewer: str = "") -> None:
    """Mark a film's label as doubtful, or remove the mark. key: see `film_keys`. Raises WorkError."""
    with locked(home() / FILE):
        stored = marks()
        if doubted:
            when = datetime.now(UTC).isoformat(timespec="seconds")
            stored[key] = {"file": file, "when": when, "reviewer": reviewer.strip()}
        else:
            stored.pop(key, None)
        with store_file(home() / FILE, "the mark") as part:
            part.write_text(json.dumps(stored, indent=1))


def marks() -> dict[str, dict[str, str]]:
    """All marks by film key, with file, when and reviewer. Raises DamagedRecord if they cannot be read."""
    file = home() / FILE
    if not file.exists():
        return {}
    found = Fields(read_object(file, MARKS))
    try:
        return {key: {name: mark.text(name) for name in mark.values} for key, mark in found.objects_here().items()}
    except ValueError as error:
        raise damaged(file, MARKS, str(error)) from error
