"""Age groups are fitted to a gate's folder, and the gate there tells by them; no network library is needed."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

from cxr_core.inference.gate.gate import SHIPPED, Gate
from cxr_core.paths import REPOSITORY


def test_the_command_fits_and_writes_without_tensorflow(demo_set: Path, tmp_path: Path) -> None:
    data, gate = tmp_path / "data", shutil.copytree(SHIPPED, tmp_path / "gate")
    shutil.copytree(demo_set, data / "chest_xray")
    films = sorted((data / "chest_xray").rglob("*.jpeg"))[:20]
    (data / "rsna_adults").mkdir()
    copies = [Path(shutil.copy(film, data / "rsna_adults" / f"{i}.jpeg")) for i, film in enumerate(films)]
    with (data / "rsna_adults" / "films.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "patient", "age"])
        writer.writerows([film.name, "NORMAL", f"p{i}", 4 if i < 8 else 40] for i, film in enumerate(copies))
    code = (
        "import sys; from cxr_core.publishing.publish_age_groups import main; "
        "status = main(); sys.exit('tensorflow was imported' if 'tensorflow' in sys.modules else status)"
    )
    command = [sys.executable, "-c", code, str(data), "--out", str(gate)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert sum(told["rsna_adults"]["adult"].values()) == 12
    assert Gate(gate).card.content["age_groups"]["told"] == told
