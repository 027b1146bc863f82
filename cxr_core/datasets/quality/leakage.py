"""Patient leakage: films of one patient in more than one split.

A network recognises a child whose other films it was trained on, so its score on such test films is too good.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

_DRAWS = 200
_FILMS_DRAWN = 2_000_000  # in all draws together: large data sets get fewer draws, so that it does not take long


def patients_in_two_splits(films: pd.DataFrame) -> dict[str, list[str]]:
    """The series (kind and number) that occur in more than one split, each with its splits, sorted.

    Numbers alone restart between the published splits, so they are not compared across splits.
    """
    pairs = films.loc[films["series"] != "", ["series", "split"]].drop_duplicates()
    pairs = pairs[pairs["series"].duplicated(keep=False)]
    return {str(name): sorted(part) for name, part in pairs.groupby("series")["split"]}


def same_patient_counts(keys: pd.Series) -> dict[str, int | float]:
    """How many films have another film of the same patient, JSON-ready; the share is a fraction of 1.

    keys: the patient of each film; "" where it is not known, which counts as a patient with one film.
    """
    codes = _codes(keys)
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, int)
    shared = int(sizes[sizes > 1].sum())
    return {
        "films": len(codes),
        "patients": len(sizes),
        "films_with_sibling": shared,
        "share_with_sibling": shared / len(codes) if len(codes) else 0.0,
        "most_films_of_a_patient": int(sizes.max(initial=0)),
    }


def random_split_leakage(
    keys: pd.Series, fractions: Sequence[float] = (0.7, 0.15, 0.15), seed: int = 0
) -> dict[str, int | float]:
    """The `patient_leakage` of random splits by film: "mean", and "low" and "high", the 5th and 95th percentile.

    keys: as for `same_patient_counts`. fractions: of films in train, val and test. "draws" is the number of random
    splits. All are 0 if no film would be in test.
    """
    codes = _codes(keys)
    train, test = round(len(codes) * fractions[0]), round(len(codes) * fractions[2])
    draws = max(10, min(_DRAWS, _FILMS_DRAWN // max(1, len(codes))))
    rng = np.random.default_rng(seed)
    shares = []
    for _ in range(draws if test else 0):
        shuffled = rng.permutation(codes)
        in_training = np.zeros(codes.max() + 1, bool)
        in_training[shuffled[:train]] = True
        shares.append(in_training[shuffled[-test:]].mean())
    low, high = np.percentile(shares, [5, 95]) if shares else (0.0, 0.0)
    mean = float(np.mean(shares)) if shares else 0.0
    return {"mean": mean, "low": float(low), "high": float(high), "draws": len(shares)}


def patient_leakage(keys: pd.Series, split: pd.Series) -> float:
    """The share of the films in "test" whose patient also has a film in "train", 0 to 1; 0 without test films."""
    test = keys[split == "test"]
    train = set(keys[(split == "train") & (keys != "")])
    return float(test.isin(train).mean()) if len(test) else 0.0


def _codes(keys: pd.Series) -> np.ndarray:
    """A number for the patient of each film, `int (N,)`; each film without a key gets a number of its own."""
    codes = pd.factorize(keys.where(keys != ""))[0]
    unknown = codes < 0
    codes[unknown] = codes.max(initial=-1) + 1 + np.arange(unknown.sum())
    return codes
