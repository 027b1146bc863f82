"""Thresholds chosen on an evaluation: only validation patients that were not trained on are accepted."""

from cxr_core.errors import SettingsError
from cxr_core.evaluation.evaluation import Evaluation, is_test_split, is_validation_split, split_label
from cxr_core.metrics.operating_points import OperatingPoint, choose_operating_points


def choose_thresholds(evaluation: Evaluation) -> dict[str, OperatingPoint]:
    """`rule_out`, `balanced` and `rule_in` on the films of an evaluation.

    Raises SettingsError, with the reason, unless its split is a validation split without films that were trained on;
    DataSetError if all films have one label.
    """
    split = split_label(evaluation.split)
    if is_test_split(evaluation.split):
        raise SettingsError(
            f"The {split} is marked test, so that estimates at a threshold chosen on it would be optimistic, and no "
            "untouched films would be left to check them",
            accepted="choose on validation patients",
        )
    if not is_validation_split(evaluation.split):
        raise SettingsError(
            f"The split here is {split}, which may contain films that were trained on or will be tested on",
            accepted="operating points are chosen on a validation split only",
        )
    overlap = evaluation.record.overlap
    if overlap and overlap.trained_on + overlap.same_patient:
        raise SettingsError(
            f"{overlap.trained_on + overlap.same_patient:,} of these films were trained on or show a patient that was",
            accepted="operating points are chosen on patients that were not",
        )
    return choose_operating_points(evaluation.scores)
