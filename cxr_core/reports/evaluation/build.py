"""Builds the report of an evaluation from its estimates, the model card and the test log; writes HTML, PDF and SVG."""

from contextlib import suppress
from pathlib import Path

from cxr_core.errors import DamagedRecord
from cxr_core.evaluation.evaluation import Evaluation, is_test_split
from cxr_core.evaluation.groups import group_table
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.patient_split_results import patient_split_results
from cxr_core.evaluation.test_log import count_accesses
from cxr_core.evaluation.train_test_overlap import leaked_share
from cxr_core.metrics.classification import evaluate
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.charts import drawings
from cxr_core.reports.evaluation.claim import Block
from cxr_core.reports.evaluation.drawing import svg
from cxr_core.reports.evaluation.html import to_html
from cxr_core.reports.evaluation.items import ReportData, report_of


def write_report(evaluation: Evaluation, model: Model | None, out: Path, extra: list[Block] | None = None) -> None:
    """Write `report.html`, `report.pdf` and the charts as SVG into the folder `out`.

    extra: further blocks for the results. Raises CXRError.
    """
    from cxr_core.reports.evaluation.pdf import to_pdf

    data = collect(evaluation, model, extra)
    report = report_of(data)
    (out / "report.html").write_text(to_html(report), encoding="utf-8")
    (out / "report.pdf").write_bytes(to_pdf(report))
    for name, drawing in data.charts.items():
        (out / f"{name}.svg").write_text(svg(drawing), encoding="utf-8")


def collect(evaluation: Evaluation, model: Model | None, extra: list[Block] | None = None) -> ReportData:
    """Compute what an evaluation does not store: subgroups, charts, test-set accesses, results of other runs."""
    scores, threshold = evaluation.scores, evaluation.threshold
    groups, notes = group_table(evaluation)
    data = ReportData(
        evaluation,
        model,
        drawings(scores, threshold, evaluation.record.operating_points),
        groups,
        notes,
        access_note=_access_note(evaluation),
        extra=extra or [],
    )
    rest = None
    with suppress(DamagedRecord):  # of the contested films; `evaluate` and the page name the file
        rest = uncontested(evaluation)
    if rest:
        data.uncontested = len(scores) - len(rest), evaluate(rest, threshold)
    if model:
        data.split_warnings = split_warnings(model)
    return data


def split_warnings(model: Model) -> list[str]:
    """Warnings for a model whose own test set has films of training patients; empty for a split by patient."""
    share = leaked_share(model)
    if not share:
        return []
    warning = (
        f"This model's split is not by patient: {share:.0%} of its test films have a same-patient film in training."
    )
    others = [
        f"{one.run}: AUROC {value_with_interval(one.auroc)} on {one.measured_on}"
        for one in patient_split_results(model)
    ]
    if others:
        return [warning, f"The same network with a split by patient: {'; '.join(others)}."]
    return [warning, "This machine has no run of the same network with a split by patient; train one to compare."]


def _access_note(evaluation: Evaluation) -> str | None:
    """How often the test films were accessed, or why that is not known; None for other films."""
    if not is_test_split(evaluation.split):
        return None
    try:
        return count_accesses(evaluation).message
    except DamagedRecord as error:
        return str(error)
