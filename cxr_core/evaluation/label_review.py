"""Films whose label a reviewer doubts (`$CXR_HOME/contested.json`): none is changed, none left out silently."""

import json
import threading
from datetime import UTC, datetime

import numpy as np

from cxr_core.errors import WorkError
from cxr_core.evaluation.store import Evaluation
from cxr_core.files import store_file
from cxr_core.metrics.scores import Scores
from cxr_core.paths import home

FILE = "contested.json"
_lock = threading.Lock()


def film_keys(evaluation: Evaluation) -> np.ndarray:
    """What names each film, `str (N,)`: its content where it is known, else its file name, and its label.

    With the label, a film that was relabelled since is not contested any more.
    """
    films = evaluation.films
    names = films["sha256"] if "sha256" in films else films["file"]
    return (names.astype(str) + " " + films["label"]).to_numpy(str)


def contested(evaluation: Evaluation) -> np.ndarray:
    """Which films are contested, `bool (N,)`. Raises WorkError if the marks cannot be read."""
    return np.isin(film_keys(evaluation), list(marks()))


def uncontested(evaluation: Evaluation) -> Scores | None:
    """The scores without those of contested films; None where none is contested, or every one. Raises WorkError."""
    doubted = contested(evaluation)
    return None if doubted.all() or not doubted.any() else evaluation.scores.subset(~doubted)


def contest(key: str, file: str, doubted: bool, reviewer: str = "") -> None:
    """Mark a film's label as looking wrong, or take the mark back. Raises WorkError."""
    with _lock:
        found = marks()
        if doubted:
            when = datetime.now(UTC).isoformat(timespec="seconds")
            found[key] = {"file": file, "when": when, "reviewer": reviewer.strip()}
        else:
            found.pop(key, None)
        with store_file(home() / FILE, "the mark") as part:
            part.write_text(json.dumps(found, indent=1))


def marks() -> dict[str, dict[str, str]]:
    """Every mark by its film's key: file, when and, if given, reviewer. Raises WorkError if they cannot be read."""
    file = home() / FILE
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WorkError(f"{file}: the contested films cannot be read ({error}); mend or remove it.") from error
