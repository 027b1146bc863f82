"""500 studies through the DICOM node, from storescu to the report in the archive, beside `predict` on the same films.

    python -m benchmarks.load.hospital_node [FILMS] [--studies 500]

FILMS is a folder of JPEG films; by default the synthetic demo films. Each becomes a CR image of a study of its own.
Both readers are warmed up with eight films before the clock starts, and the real Orthanc runs during both. Needs
orthanc, orthanc-dicomweb and dcmtk (Debian) and requirements-hospital.txt. Prints films a second, the share of
`predict`'s rate, the same by processor time (of the node, storescu and the archive together), which hardly depends on
other work on the machine, what was refused, and the resident memory of the node and its readers along the way.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import psutil

from cxr_core.datasets.demo import DEMO_FILMS
from tests.conftest import REPOSITORY
from tests.support.hospital.archive import node, orthanc, storescu, wait_until
from tests.support.hospital.radiographs import radiograph, write

WARM = 8
MOST_GROWTH = 1.1  # of the resident memory, from a fifth of the films to the last
_PREDICT = """
import json, sys, time
from pathlib import Path
from cxr_core.inference.batch import read_files
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model
clocks = time.perf_counter, time.process_time
files = sorted(Path(sys.argv[1]).glob("*.dcm"))
read_files(files[: int(sys.argv[2])])
began = [clock() for clock in clocks]
Predictor(find_model())
loaded = [clock() for clock in clocks]
results, unreadable = read_files(files)  # it loads the model too
seconds, processor = (clock() - end - (end - start) for clock, start, end in zip(clocks, began, loaded))
print(json.dumps({"films": len(results), "seconds": seconds, "processor": processor}))
"""


def write_studies(folder: Path, films: list[Path], count: int, first: int = 0) -> list[Path]:
    """`count` CR images, each of a study of its own."""
    files = []
    for number in range(first, first + count):
        pixels = cv2.imread(str(films[number % len(films)]), cv2.IMREAD_GRAYSCALE)
        files.append(write(radiograph(number, pixels), folder / f"{number:05d}.dcm"))
    return files


def resident(process: psutil.Process) -> int:
    """Bytes of a process and of those that it started."""
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def processor_seconds() -> float:
    """Of all processes that this one started."""
    times = [one.cpu_times() for one in psutil.Process().children(recursive=True)]
    return float(sum(one.user + one.system for one in times))


def main() -> int:
    """Run the benchmark; exits 1 if the node refuses a film, loses a report or grows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", nargs="?", type=Path, default=DEMO_FILMS)
    parser.add_argument("--studies", type=int, default=500)
    options = parser.parse_args()
    films = sorted(options.films.rglob("*.jp*g"))
    with tempfile.TemporaryDirectory() as name, orthanc(Path(name) / "orthanc") as archive:
        folder, warm = Path(name) / "films", Path(name) / "warm"
        write_studies(folder, films, options.studies)
        warm_files = write_studies(warm, films, WARM, first=options.studies)
        done = subprocess.run(
            [sys.executable, "-c", _PREDICT, str(folder), str(WARM)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
        )
        predict = json.loads(done.stdout.splitlines()[-1])
        with node(Path(name) / "home", archive) as running:
            storescu(running.port, warm_files)
            wait_until(lambda: running.said(" Sent ") == WARM, 300, "the first films")
            assert running.process
            process = psutil.Process(running.process.pid)
            memory = {0: resident(process)}  # by films sent
            began, worked = time.perf_counter(), processor_seconds()
            sending = subprocess.Popen(
                ["storescu", "-aet", "STORESCU", "-aec", "CXR", "127.0.0.1", str(running.port), "+sd", str(folder)]
            )
            sent = 0
            while sent < options.studies and time.perf_counter() - began < 3600:
                time.sleep(0.1)
                sent = running.said(" Sent ") - WARM
                memory[sent // 50 * 50] = resident(process)
            seconds, worked = time.perf_counter() - began, processor_seconds() - worked
            refused = sending.wait()
            aside = running.said("Kept aside")
        reports = len(archive.instances("SR")) - WARM
    rates = predict["films"] / predict["seconds"], sent / seconds
    print(f"{options.studies} studies of {options.films}")
    print(f"predict: {predict['films']} films, {rates[0]:.2f} films a second")
    print(f"node:    {reports} reports in the archive, {rates[1]:.2f} films a second, {rates[1] / rates[0]:.2f} of it")
    costs = predict["processor"] / predict["films"], worked / sent
    print(f"processor time: {costs[0] * 1e3:.0f} ms a film, {costs[1] * 1e3:.0f} ms; {costs[0] / costs[1]:.2f}")
    print(f"refused: {aside} kept aside; storescu ended with {refused}")
    print("memory:  " + ", ".join(f"{films}: {size / 1e6:.0f} MB" for films, size in sorted(memory.items())))
    early, last = (memory[max(films for films in memory if films <= limit)] for limit in (sent // 5, sent))
    flat = last <= MOST_GROWTH * early
    return int(reports != options.studies or bool(aside or refused) or not flat)


if __name__ == "__main__":
    sys.exit(main())
