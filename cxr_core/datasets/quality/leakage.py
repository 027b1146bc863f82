"""Siblings: films of one patient, and what a split that parts them would leak.

A network that saw one film of a child in training recognises the next one; its score on test films with a sibling in
training is a score that nobody will see in a clinic.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

_DRAWS = 200
_FILMS_DRAWN = 2_000_000  # draws are fewer for large sets, so that the answer stays quick


def siblings(keys: pd.Series) -> dict:
    """Patients, films with a sibling and their share, by the patient key of each film ("" for not known: alone)."""
    codes = _codes(keys)
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, int)
    beside = int(sizes[sizes > 1].sum())
    return {
        "films": len(codes),
        "patients": len(sizes),
        "films_with_sibling": beside,
        "share_with_sibling": beside / len(codes) if len(codes) else 0.0,
        "most_films_of_a_patient": int(sizes.max(initial=0)),
    }


def random_split_leak(keys: pd.Series, fractions: Sequence[float] = (0.7, 0.15, 0.15), seed: int = 0) -> dict:
    """The share of test films with a sibling in training, were the films dealt one by one.

    "mean" over many random splits, "low" and "high" their 5th and 95th percentile; all 0.0 if no film would be in test.
    """
    codes = _codes(keys)
    train, test = round(len(codes) * fractions[0]), round(len(codes) * fractions[2])
    draws = max(10, min(_DRAWS, _FILMS_DRAWN // max(1, len(codes))))
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(draws if test else 0):
        dealt = rng.permutation(codes)
        seen = np.zeros(codes.max() + 1, bool)
        seen[dealt[:train]] = True
        shares.append(seen[dealt[-test:]].mean())
    low, high = np.percentile(shares, [5, 95]) if shares else (0.0, 0.0)
    mean = float(np.mean(shares)) if shares else 0.0
    return {"mean": mean, "low": float(low), "high": float(high), "draws": len(shares)}


def leak(keys: pd.Series, split: pd.Series) -> float:
    """The share of the films in "test" that have a sibling in "train"; 0.0 without test films."""
    test = keys[split == "test"]
    known = set(keys[(split == "train") & (keys != "")])
    return float(test.isin(known).mean()) if len(test) else 0.0


def _codes(keys: pd.Series) -> np.ndarray:
    """A number for each patient, `int (N,)`; films without a key are patients of their own."""
    codes = pd.factorize(keys.where(keys != ""))[0]
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    return codes
