"""Whether a model's features tell children from adults, or only one hospital from another.

    python -m benchmarks.accuracy.age_guess ../shared/data/chest_xray ../shared/data/rsna_adults/films.csv

The first data set is of children at one hospital; the second has ages, of adults and a few children, at another. A
logistic regression on the features of the network is fitted on the children of the first and the
adults of the second, as a gate's head would be, and tried on held-out films of both and on the second's children.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cxr_core.datasets.index import build_index
from cxr_core.inference.features import features_of
from cxr_core.inference.predictor import Predictor
from cxr_core.models.registry import find_model

CHILD, ADULT, FILMS, SEED = 13.0, 18.0, 1200, 0


def main() -> None:
    """Print how often each group is called a child."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("children", type=Path)
    parser.add_argument("with_ages", type=Path)
    parser.add_argument("--model")
    arguments = parser.parse_args()
    predictor = Predictor(find_model(arguments.model))
    children, others = build_index(arguments.children), build_index(arguments.with_ages)
    known = others.readable[others.readable["age"].notna()]
    chosen = children.readable.sample(min(FILMS, len(children.readable)), random_state=SEED)
    here, there = (features_of(predictor, index, films) for index, films in ((children, chosen), (others, known)))
    ages, patients = known["age"].to_numpy(float), known["patient"].to_numpy(str)
    child, adult = ages < CHILD, ages >= ADULT
    rng = np.random.default_rng(SEED)
    fitted_here = rng.random(len(here)) < 0.7
    names = np.unique(patients)
    fitted_there = np.isin(patients, rng.permutation(names)[: len(names) * 7 // 10])
    fit = np.concatenate([here[fitted_here], there[fitted_there & adult]])
    label = np.arange(len(fit)) < fitted_here.sum()
    between = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=3000)).fit(fit, label)
    called_here, called_there = between.predict(here), between.predict(there)
    print("fitted on children of the first and adults of the second data set; called a child:")
    for what, called in (
        ("held-out children of the first", called_here[~fitted_here]),
        ("held-out adults of the second", called_there[~fitted_there & adult]),
        (f"children under {CHILD:.0f} of the second", called_there[child]),
    ):
        print(f"  {what}: {called.sum()} of {len(called)}")
    within = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=3000))
    films, label = there[child | adult], child[child | adult]
    folds = GroupKFold(5)
    scores = cross_val_predict(within, films, label, groups=patients[child | adult], cv=folds, method="predict_proba")
    print(f"fitted within the second, five folds by patient: AUROC {roc_auc_score(label, scores[:, 1]):.3f}")
    called = within.fit(films, label).predict(here)
    print(f"  and then called a child among the children of the first: {called.sum()} of {len(called)}")


if __name__ == "__main__":
    main()
