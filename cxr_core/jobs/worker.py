"""`python -m cxr_core.jobs.worker FOLDER`: the process that `jobs.start` puts to work on a run folder."""

import sys
from pathlib import Path

from cxr_core.errors import CXRError
from cxr_core.training.fit import fit
from cxr_core.training.runs import Run

if __name__ == "__main__":
    try:
        fit(Run(Path(sys.argv[1])))
    except CXRError as error:
        sys.exit(str(error))
