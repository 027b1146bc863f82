"""The fault that only the gate can name: the films of a data set that are no frontal chest films.

What the gate said is kept under `CXR_HOME` by the content of the file, so that it is asked once of each content,
wherever that lies; another gate is asked anew.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.quality.issues import DatasetIssue, counted, listed
from cxr_core.errors import UnreadableFilm
from cxr_core.files import store_file
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import BATCH, SHIPPED, shipped_gate
from cxr_core.paths import cache_folder
from cxr_core.progress import Progress


def ask_gate(index: Index, progress: Progress | None = None) -> None:
    """Ask the gate about every readable film that it was not asked about before.

    `progress(done, total)` counts films. Stopped half-way, what the gate said so far is kept. Raises WorkError if the
    gate cannot be loaded, or what it said cannot be kept.
    """
    store = _store()
    said = _kept(store)
    new = _unasked(index, said).drop_duplicates("sha256")
    try:
        with ThreadPoolExecutor() as pool:
            for start in range(0, len(new), BATCH):
                batch = new.iloc[start : start + BATCH]
                files = [index.root / path for path in batch["path"]]
                films = dict(zip(batch["sha256"], pool.map(_film, files), strict=True))
                readable = {sha: film for sha, film in films.items() if isinstance(film, Film)}
                said |= {sha: "" for sha, film in films.items() if isinstance(film, UnreadableFilm)}
                for sha, admission in zip(readable, shipped_gate().admit(list(readable.values())), strict=True):
                    said[sha] = admission.refusal.sentence if admission.refusal else ""
                if progress:
                    progress(min(start + BATCH, len(new)), len(new))
    finally:
        if len(new):
            _keep(store, said)


def refused_films(index: Index) -> DatasetIssue:
    """The readable films that the gate refuses, as far as it was asked, with its reason as their detail.

    Films whose pixels cannot be read are another fault, and none here.
    """
    films = index.readable
    said = _kept(_store())
    refusal = pd.Series([said.get(sha, "") for sha in films["sha256"]], films.index, dtype=str)
    here = films[refusal != ""]
    sentence = (
        f"{counted(len(here), 'film')} that Diagnose would refuse to read; the detail says why. Now and then the gate "
        "refuses a good film: look before you remove one."
    )
    return DatasetIssue("not_frontal", "Not a frontal chest film", sentence, listed(here, detail=refusal[here.index]))


def unasked(index: Index) -> int:
    """How many readable films the gate was not asked about."""
    return len(_unasked(index, _kept(_store())))


def _unasked(index: Index, said: dict[str, str]) -> pd.DataFrame:
    return index.readable[~index.readable["sha256"].isin(said)]


def _film(file: Path) -> Film | UnreadableFilm | OSError:
    """The film, or why its content is none, or why the file cannot be read now."""
    try:
        return decode_film(file.read_bytes(), file.name)
    except (UnreadableFilm, OSError) as error:
        return error


def _store() -> Path:
    gate = json.loads((SHIPPED / "card.json").read_text())["sha256"]
    return cache_folder("gate") / f"{gate[:16]}.feather"


def _kept(store: Path) -> dict[str, str]:
    """What the gate said, by content: why it refuses the film, "" where it does not."""
    try:
        table = pd.read_feather(store)
    except (OSError, ValueError):
        return {}
    return dict(zip(table["sha256"], table["refusal"], strict=True))


def _keep(store: Path, said: dict[str, str]) -> None:
    with store_file(store, "what the gate said") as part:
        pd.DataFrame({"sha256": list(said), "refusal": list(said.values())}).to_feather(part)
