"""What can go wrong, as one small tree.

CXRError                       every error this package raises on purpose
├── InputError (ValueError)    what the user gave cannot be used; the command line exits 2
│   ├── UnreadableFilm         a file that is not a film we can read
│   ├── UnusableFile           a file that is damaged, or costs more than `limits` allows; each reader names it
│   ├── DataSetError           a folder or archive that is not a data set, or not a usable one
│   ├── SettingsError          a recipe, a setting or a fraction that does not exist or is out of range
│   └── NotFound               a model or a run of that name does not exist
└── WorkError (RuntimeError)   the input was fine, the work failed; the command line exits 1
    ├── Busy                   another process is changing the same thing
    └── DamagedRecord          a file that the app wrote and that can no longer be read

A message is one sentence that names the thing, what was received and what is accepted. An error carries these three as
fields, and `CXRError.__str__` is the one place where they become the sentence: whoever wants another name for the
thing uses `about`, and nobody takes a sentence apart. Kinds that recur have their words here as well: `not_one_of` for
a choice, `work_error` for work that failed for another error's reason, which `reason_of` puts into words.

    raise DataSetError("holds no film", thing=folder, accepted="put films into NORMAL/ and PNEUMONIA/")
    raise not_one_of("recipe", name, RECIPES)
"""

from collections.abc import Iterable
from typing import Self

from cxr_core.languages import ENGLISH, in_language, message


class CXRError(Exception):
    """Base of every error this package raises on purpose.

    problem: what was wrong; "" if the thing shows it, as a setting and its value do.
    thing: what the error is about, a file or a setting with its value, "" if the problem names it.
    accepted: what would have been accepted, or what to do, "" if the problem says it.
    """

    def __init__(self, problem: str = "", *, thing: object = "", accepted: str = "") -> None:
        super().__init__(problem)
        self.problem, self.thing, self.accepted = problem, str(thing), accepted

    def __str__(self) -> str:
        return self.in_language(ENGLISH)

    def in_language(self, language: str) -> str:
        """The sentence in a language, as far as the problem and what is accepted are messages of the catalogues."""
        said = "; ".join(in_language(part, language) for part in (self.problem, self.accepted) if part)
        sentence = f"{self.thing}: {said}" if self.thing else said
        whole = not (self.thing or self.accepted) or sentence.endswith((".", "?"))
        return sentence if whole else f"{sentence}."

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.problem, self.thing, self.accepted)

    def about(self, thing: object) -> Self:
        """The same error under another name of its thing."""
        return type(self)(self.problem, thing=thing, accepted=self.accepted)


class InputError(CXRError, ValueError):
    """What the user gave cannot be used."""


class UnreadableFilm(InputError):
    """A file that is not a film we can read."""


class UnusableFile(InputError):
    """A file that is damaged, or that costs more than `limits` allows."""


class DataSetError(InputError):
    """A folder or archive that is not a usable data set."""


class SettingsError(InputError):
    """A setting that does not exist or is out of range."""


class NotFound(InputError):
    """A model or a run of that name does not exist."""


class WorkError(CXRError, RuntimeError):
    """The input was fine, the work failed."""


class Busy(WorkError):
    """Another process is changing the same thing."""


class DamagedRecord(WorkError):
    """A file that the app wrote and that can no longer be read."""


def reason_of(error: Exception) -> str:
    """Why a call failed, as a clause for a sentence: the system's reason, or that of one of our own errors.

    The text of another library's exception is not shown: it is not written for users, and may hold a path or a value.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, CXRError):
        return str(error).removesuffix(".")
    if isinstance(error, UnicodeDecodeError):
        return message("its bytes are not text")
    return message("not enough memory") if isinstance(error, MemoryError) else message("its content is damaged")


def not_one_of(name: str, value: object, accepted: Iterable[object]) -> SettingsError:
    """The error for a setting that is none of its values: "NAME 'VALUE': accepted are A, B."."""
    return SettingsError(thing=f"{name} {value!r}", accepted=f"accepted are {', '.join(map(str, accepted))}")


def work_error(thing: object, problem: str, error: Exception, accepted: str = "") -> WorkError:
    """The error for work that failed for another error's reason: "THING: PROBLEM (REASON)." or "...; ACCEPTED."."""
    return WorkError(f"{problem} ({reason_of(error)})", thing=thing, accepted=accepted)


def _restore(kind: type[CXRError], problem: str, thing: str, accepted: str) -> CXRError:
    """Unpickles an error: a job's process hands it on."""
    return kind(problem, thing=thing, accepted=accepted)


def missing_package(error: ModuleNotFoundError) -> str | None:
    """One sentence for a package that a reading station lacks; None if the missing module is one of our own.

    `requirements-read.txt` installs what reading films needs; data sets, training and evaluation need more.
    """
    package = (error.name or "").split(".")[0]
    if package in ("", "cxr_core", "pages"):
        return None
    return (
        f"This needs the package {package}, which is not installed here: this installation reads films. "
        "`pip install -r requirements.txt` installs the rest."
    )
