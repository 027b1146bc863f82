"""Operating points, chosen where they may be: on validation patients."""

from cxr_core.errors import SettingsError
from cxr_core.evaluation.store import Evaluation, marked_test, marked_validation, split_in_words
from cxr_core.metrics.operating_points import OperatingPoint, choose_operating_points


def choose_on(evaluation: Evaluation) -> dict[str, OperatingPoint]:
    """Rule-out, balanced and rule-in on the films of an evaluation.

    Raises SettingsError, with the reason, unless its split is marked validation and holds no film that was trained on;
    DataSetError if all films have one label.
    """
    split = split_in_words(evaluation.split)
    if marked_test(evaluation.split):
        raise SettingsError(
            f"The {split} is marked test: a threshold chosen on it would make its own figures look better than they "
            "are, and there would be no untouched films left to see it. Choose on validation patients."
        )
    if not marked_validation(evaluation.split):
        raise SettingsError(
            f"The split here is {split}, which may hold films that were trained on or will be tested on; operating "
            "points are chosen on a validation split only."
        )
    seen = evaluation.metrics.get("seen_in_training") or {}
    if seen.get("trained_on") or seen.get("siblings"):
        raise SettingsError(
            f"{seen['trained_on'] + seen['siblings']:,} of these films were trained on or show a patient that was; "
            "operating points are chosen on patients that were not."
        )
    return choose_operating_points(evaluation.scores)
