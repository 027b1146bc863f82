"""`python -m cxr_core VERB`."""

import sys

from cxr_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
