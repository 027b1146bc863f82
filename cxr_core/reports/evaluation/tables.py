"""The tables of an evaluation's report."""

from collections.abc import Mapping

import pandas as pd

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.misclassified_films import misclassified_films
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.estimate_text import number, value_with_interval
from cxr_core.metrics.film_metrics import Metrics
from cxr_core.metrics.scores import Scores
from cxr_core.models.card import ModelCard
from cxr_core.models.card_sections import CardTraining


def operating_points_of_card(card: ModelCard) -> pd.DataFrame:
    """The card's operating points: threshold, rule, sensitivity and specificity on validation films."""
    return pd.DataFrame(
        {
            "Operating point": OPERATING_POINTS.get(name, name) + (" (in use)" if name == card.operating_point else ""),
            "Threshold": number(point.threshold, 4),
            "Rule": point.rule,
            "Sensitivity on validation": value_with_interval(point.sensitivity),
            "Specificity on validation": value_with_interval(point.specificity),
        }
        for name, point in card.operating_points.items()
    )


def operating_points_on(scores: Scores, thresholds: Mapping[str, float]) -> pd.DataFrame:
    """Sensitivity and specificity on these films, with Wilson's intervals, at each threshold by operating point."""
    positive = scores.labels == 1
    rows = []
    for name, threshold in thresholds.items():
        called = scores.called(threshold)
        sensitivity = wilson(int(called[positive].sum()), scores.pneumonia)
        specificity = wilson(int((~called)[~positive].sum()), scores.normal)
        rows.append(
            {
                "Operating point": OPERATING_POINTS.get(name, name),
                "Threshold": number(threshold, 4),
                "Sensitivity": value_with_interval(sensitivity),
                "Specificity": value_with_interval(specificity),
            }
        )
    return pd.DataFrame(rows)


def with_and_without_contested(all_films: Metrics, uncontested: Metrics) -> pd.DataFrame:
    """Estimates on all films and on those with uncontested labels."""
    return pd.DataFrame(
        {
            "Estimate": title,
            "All films": value_with_interval(all_films.estimates[name]),
            "Without contested films": value_with_interval(uncontested.estimates[name]),
        }
        for name, title in ESTIMATES.items()
    )


def cases(evaluation: Evaluation, training: CardTraining | None) -> pd.DataFrame:
    """Films, patients and kinds of the training data's partitions, as a card has them, and of the evaluated films."""
    rows = []
    for name, part in training.split.items() if training else ():
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in part.kinds.items())
        row = {"Part": f"training data, {name}", "Films": part.films, "Patients": part.patients}
        rows.append(row | {"Kinds": kinds})
    films = evaluation.films
    counts = films["kind"].value_counts().sort_index() if "kind" in films else films["label"].value_counts()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    row = {"Part": "evaluated here", "Films": len(films), "Patients": films["patient"].nunique()}
    return pd.DataFrame([*rows, row | {"Kinds": kinds}])


def misclassified(evaluation: Evaluation, most: int) -> tuple[pd.DataFrame, int]:
    """The `most` most confidently misclassified films at the threshold in use, and the number of all of them."""
    wrong = misclassified_films(evaluation)
    shown = wrong.head(most)
    table = pd.DataFrame(
        {
            "Film": shown["file"].str.rsplit("/").str[-1],
            "Patient": shown["patient"],
            "Label": shown["label"],
            "Called": shown["called"],
            "Score": [f"{score:.3f}" for score in shown["score"]],
        }
    )
    return table, len(wrong)


def recipe_settings(training: CardTraining) -> pd.DataFrame:
    """The settings of the recipe."""
    return pd.DataFrame([{"Setting": key, "Value": str(value)} for key, value in training.settings.items()])
