"""Are training films found again at another size and encoding, and no other films taken for them?

    python -m benchmarks.accuracy.fingerprints ../shared/data/chest_xray --model efficientnet-lite0-160 \\
        --others ../shared/data/rsna_adults/films.csv

Prints what the overlap check says of 200 training films, of their copies at 60% and half the size as JPEG and PNG, of
the data set's films that the model did not use, and of a data set that it has not seen.
"""

import argparse
import tempfile
from pathlib import Path

import cv2
import pandas as pd

from cxr_core.datasets.index import Index, build_index
from cxr_core.evaluation.overlap import overlap_in_words
from cxr_core.evaluation.train_test_overlap import split_table, training_overlap
from cxr_core.imaging.decode import read_film
from cxr_core.models.registry import Model, find_model

FILMS = 200


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--model")
    options.add_argument("--others", type=Path)
    chosen = options.parse_args()
    model, index = find_model(chosen.model), build_index(chosen.data)
    table = split_table(model)
    assert table is not None
    films = index.readable
    trained = films[films["sha256"].isin(table.loc[table["split"] == "train", "sha256"])]
    some = trained.sample(min(FILMS, len(trained)), random_state=0)
    report("training films", model, index, some)
    for scale, suffix in ((0.6, ".jpg"), (0.5, ".png")):
        with tempfile.TemporaryDirectory() as folder:
            copies = build_index(copied(index, some, Path(folder), scale, suffix))
            report(f"their copies at {scale:.0%} as {suffix[1:]}", model, copies, copies.readable)
    report("films left out", model, index, films[~films["sha256"].isin(table["sha256"])])
    if chosen.others:
        others = build_index(chosen.others)
        report(others.root.name, model, others, others.readable)


def copied(index: Index, films: pd.DataFrame, folder: Path, scale: float, suffix: str) -> Path:
    """Write copies of the films at another size into a folder in the Kaggle layout."""
    for place, (path, label) in enumerate(zip(films["path"], films["label"], strict=True)):
        pixels = read_film(index.root / path).pixels
        file = folder / "test" / label / f"{place}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return folder


def report(what: str, model: Model, index: Index, films: pd.DataFrame) -> None:
    print(f"{what}: {overlap_in_words(training_overlap(model, index, films), len(films))}")


if __name__ == "__main__":
    main()
