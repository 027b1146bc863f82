"""Each word once: classes, splits, verdicts, operating points, the names and units of estimates, the notice.

The keys are those of files and of the command line's JSON and never change; the values are what a person reads.
"""

from typing import Literal

from cxr_core.languages import message

NOTICE = message("For research and teaching. Not a medical device; not for clinical decisions.")
SYNTHETIC_FILM = message("Synthetic film: computer-generated, not from a patient.")

NORMAL, PNEUMONIA = "NORMAL", "PNEUMONIA"
CLASSES = (NORMAL, PNEUMONIA)
"""The labels of films, in the order of the numbers 0 and 1 that metrics and networks use."""

OTHER = "OTHER"
"""Neither class: something is wrong, but no pneumonia. A table may say so, a folder cannot; never taken for normal."""

KINDS = ("normal", "bacterial", "viral", "unknown", "other")
"""What the Kermany file names say of a film's pneumonia."""

SPLITS = ("train", "val", "test")

Verdict = Literal["pneumonia", "normal", "uncertain", "not_assessable"]
VERDICTS: dict[Verdict, str] = {
    "pneumonia": message("Pneumonia"),
    "normal": message("Normal"),
    "uncertain": message("Uncertain"),
    "not_assessable": message("Not assessable"),
}

OPERATING_POINTS = {"rule_out": message("Rule out"), "balanced": message("Balanced"), "rule_in": message("Rule in")}

ESTIMATES = {
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "ppv": "Positive predictive value (precision)",
    "npv": "Negative predictive value",
    "f1": "F1 score",
    "mcc": "Matthews correlation (MCC)",
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "log_loss": "Log loss",
    "calibration_slope": "Calibration slope",
    "calibration_intercept": "Calibration intercept",
    "ece": "Expected calibration error",
}
