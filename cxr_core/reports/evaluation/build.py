"""The report of an evaluation: gathered from figures, model card and ledger; written as HTML, PDF and SVG."""

from pathlib import Path

from cxr_core.evaluation.groups import group_table
from cxr_core.evaluation.label_review import uncontested
from cxr_core.evaluation.patient_split_results import by_patient, leaked_share
from cxr_core.evaluation.store import Evaluation, marked_test
from cxr_core.evaluation.test_set_access import times_opened
from cxr_core.metrics.estimate_text import in_short
from cxr_core.metrics.classification import evaluate
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.charts import drawings
from cxr_core.reports.evaluation.claim import Block
from cxr_core.reports.evaluation.drawing import svg
from cxr_core.reports.evaluation.html import to_html
from cxr_core.reports.evaluation.items import Gathered, report_of


def write_report(evaluation: Evaluation, model: Model | None, out: Path, extra: list[Block] | None = None) -> None:
    """Write `report.html`, `report.pdf` and the drawings as SVG into a folder; `extra` stands beside the figures.

    Raises CXRError.
    """
    from cxr_core.reports.evaluation.pdf import to_pdf

    gathered = gather(evaluation, model, extra)
    report = report_of(gathered)
    (out / "report.html").write_text(to_html(report), encoding="utf-8")
    (out / "report.pdf").write_bytes(to_pdf(report))
    for name, drawing in gathered.charts.items():
        (out / f"{name}.svg").write_text(svg(drawing), encoding="utf-8")


def gather(evaluation: Evaluation, model: Model | None, extra: list[Block] | None = None) -> Gathered:
    """Compute what the evaluation does not keep: subgroups, drawings, what the ledger and other runs say."""
    scores, threshold = evaluation.scores, evaluation.threshold
    groups, notes = group_table(evaluation)
    gathered = Gathered(
        evaluation,
        model,
        drawings(scores, threshold, evaluation.metrics.get("operating_points") or {}),
        groups,
        notes,
        beside=times_opened(evaluation).sentence if marked_test(evaluation.split) else None,
        extra=extra or [],
    )
    if rest := uncontested(evaluation):
        gathered.uncontested = len(scores) - len(rest), evaluate(rest, threshold).to_dict()
    if model:
        gathered.siblings = siblings_in_words(model)
    return gathered


def siblings_in_words(model: Model) -> list[str]:
    """What stands beside a figure of a split by image; nothing for a split by patient."""
    share = leaked_share(model)
    if not share:
        return []
    told = [f"This model's split parts patients: {share:.0%} of its test films have a sibling in training."]
    same = [f"{one.run}: AUROC {in_short(one.auroc.to_dict())} on {one.where}" for one in by_patient(model)]
    if same:
        return [*told, f"The same network with patients kept apart: {'; '.join(same)}."]
    return [*told, "No run of the same network with patients kept apart is on this machine; train one to compare."]
