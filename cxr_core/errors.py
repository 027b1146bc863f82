"""What can go wrong, as one small tree.

CXRError                       every error this package raises on purpose
├── InputError (ValueError)    what the user gave cannot be used; the command line exits 2
│   ├── UnreadableFilm         a file that is not a film we can read
│   ├── DataSetError           a folder or archive that is not a data set, or not a usable one
│   ├── SettingsError          a recipe, a setting or a fraction that does not exist or is out of range
│   └── NotFound               a model or a run of that name does not exist
└── WorkError (RuntimeError)   the input was fine, the work failed; the command line exits 1
    ├── Busy                   another process is changing the same thing
    └── DamagedRecord          a file that the app wrote and that can no longer be read

A message is one sentence that names the thing, what was received and what is accepted.
"""


class CXRError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(CXRError, ValueError):
    """What the user gave cannot be used."""


class UnreadableFilm(InputError):
    """A file that is not a film we can read."""


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
