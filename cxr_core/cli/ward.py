"""The verbs of the ward: `shadow`, which compares with radiologists' reports, and `monitor`, which says what drifts."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from cxr_core.cli.output import print_result
from cxr_core.errors import InputError

if TYPE_CHECKING:
    from cxr_core.hospital.ward.store import Ward


def compare_shadow(options: argparse.Namespace) -> int:
    """Write `metrics.json`, `predictions.csv` and `acceptance.json`: evaluation and site acceptance in one step."""
    from cxr_core.evaluation.site import acceptance_document, write_acceptance
    from cxr_core.evaluation.store import write_evaluation
    from cxr_core.hospital.ward.shadow import compare_with_reports
    from cxr_core.metrics.estimate_text import value_with_interval
    from cxr_core.models.registry import find_model

    compared = compare_with_reports(_ward("shadow"), find_model(options.model), options.reports)
    options.out.mkdir(parents=True, exist_ok=True)
    evaluation = compared.site.evaluation
    written = write_evaluation(evaluation, options.out / "metrics.json", options.out / "predictions.csv")
    document = acceptance_document(compared.site)
    write_acceptance(document, options.out)
    estimates = written.metrics.estimates
    lines = [compared.sentence, f"AUROC {value_with_interval(estimates['auroc'])}"]
    lines += [document["verdict_in_words"], *document["reasons"], f"Wrote {options.out}."]
    counts = {"unread": compared.unread, "unreported": compared.unreported}
    result = {"evaluation": written.record.to_dict(), "acceptance": document} | counts
    return print_result(options, result, "\n".join(lines))


def show_monitor(options: argparse.Namespace) -> int:
    """Print the drifts of all weeks, the oldest first."""
    from cxr_core.hospital.ward.monitor import drifts_of

    drifts = list(drifts_of(_ward("monitor").measured()))
    rows = [asdict(one) | {"sentence": one.sentence} for one in drifts]
    return print_result(options, rows, "\n".join(one.sentence for one in drifts) or "Nothing has drifted.")


def _ward(verb: str) -> "Ward":
    from cxr_core.hospital.ward.store import existing_ward

    ward = existing_ward()
    if ward is None:
        raise InputError("no node has read a film here", thing=verb, accepted="CXR_HOME/hospital of a node is accepted")
    return ward
