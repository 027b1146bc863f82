"""Reads hostile files: each must be read or refused with a reason, in limited time and memory.

    python -m benchmarks.load.hostile_files [--files 500] [--model NAME]

Target: every file is read or refused, in at most 10 s each and 2 GB of memory. `tests/support/files/hostile_files.py`
generates the files, always the same ones; `tests/browser/test_diagnose.py` drops some of them on the page.
"""

import argparse
import resource
import time
import warnings

from cxr_core.app.diagnose.dropped_files import DroppedFile, unpack
from cxr_core.app.diagnose.session import FilmResult, read_files
from cxr_core.datasets.demo import sample_films
from cxr_core.imaging.decode import read_film
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
from tests.support.files.hostile_files import hostile_files

LIMIT_SECONDS, LIMIT_GB = 10, 2


def main() -> None:
    """Read all files and print the counts, the slowest file and the peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # pydicom warns when the invalid headers are generated
    predictor = Predictor(find_model(arguments.model))
    predictor.read(read_film(sample_films()[0]))  # the first film includes the time to load the network
    counts = {"answered": 0, "refused": 0, "unanswered": 0}
    slowest, slowest_cpu, slowest_name = 0.0, 0.0, ""
    for number, (name, data) in enumerate(hostile_files(arguments.files)):
        started, started_cpu = time.perf_counter(), time.process_time()
        files, refused = unpack([DroppedFile(str(number), name, data)])
        results = [result for result, _ in read_files(files, predictor)]
        seconds = time.perf_counter() - started
        if seconds > slowest:
            slowest, slowest_cpu, slowest_name = seconds, time.process_time() - started_cpu, name
        answers = sum(isinstance(result, FilmResult) for result in results)
        reasons = len(refused) + len(results) - answers
        counts["answered" if answers else "refused" if reasons else "unanswered"] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{arguments.files} files: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    print(f"slowest {slowest:.2f} s, {slowest_cpu:.2f} s of CPU time ({slowest_name!a}; at most {LIMIT_SECONDS} s)")
    print(f"peak memory {peak:.2f} GB (at most {LIMIT_GB})")
    if counts["unanswered"] or slowest > LIMIT_SECONDS or peak > LIMIT_GB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
