"""A split whose test part is unlike the rest: normal films from both ends of the hospital's numbering.

    python -m benchmarks.shift_split DATA --out shift.csv
    python -m cxr_core train DATA --recipe NAME --split shift.csv
    python -m cxr_core publish RUN --name shifted
    python -m cxr_core evaluate DATA --split shift.csv:test --model shifted --out shifted/

Film numbers of "Chest X-Ray Images (Pneumonia)" run with time. The normal films of its official test split come from
before those of the training split, and models call far more of them pneumonia than of held-out training patients. Here
the earliest and latest normal films of the training split are kept out of training and put into `test`, beside the
validation patients' pneumonia films, to measure such a fall without that test split.
"""

import argparse
from pathlib import Path

import pandas as pd

from cxr_core.data.index import build_index
from cxr_core.data.split import grouped_split, write_split

EARLIEST = {"IM": 260, "NORMAL2-IM": 520}
LATEST = {"IM": 10_000, "NORMAL2-IM": 1250}


def at_an_end(films: pd.DataFrame) -> pd.Series:
    """Whether a film is a normal one from before EARLIEST or from LATEST on."""
    found = films["series"].str.extract(r"^(?P<series>(?:NORMAL2-)?IM)-(?P<number>\d+)$")
    number = found["number"].astype(float)
    return (number < found["series"].map(EARLIEST)) | (number >= found["series"].map(LATEST))


def main() -> None:
    """Write the split."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    films = build_index(options.data).films
    usable = films[(films["split"] == "train") & (films["fault"] == "")].drop_duplicates("sha256")
    ends = at_an_end(usable)
    dealt = grouped_split(usable[~ends], (0.8, 0.1, 0.1), seed=1)
    dealt = dealt.where((dealt != "test") | (usable["label"][~ends] == "PNEUMONIA"), "")
    split = dealt.reindex(films.index, fill_value="").where(~ends.reindex(films.index, fill_value=False), "test")
    write_split(films, split, options.out)
    print(pd.crosstab(split[split != ""], films["label"]))


if __name__ == "__main__":
    main()
