"""The result of a site acceptance as PDF, one page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cxr_core.labels import OPERATING_POINTS
from cxr_core.metrics.estimate import Estimate
from cxr_core.metrics.estimate_text import value_with_interval
from cxr_core.records import Fields
from cxr_core.reports.pdf_document import PDFDocument


def acceptance_pdf(result: Mapping[str, Any], created: datetime) -> bytes:
    """The verdict with its reasons, the films and the estimates.

    result: the content of `acceptance.json`, see `evaluation.site.acceptance_document`.
    """
    pdf = PDFDocument("Site acceptance", created)
    pdf.paragraph("Site acceptance", 16, bold=True)
    pdf.paragraph(f"Created {created:%Y-%m-%d %H:%M %Z}".strip(), 9)
    pdf.ln(3)
    pdf.paragraph(result["verdict_in_words"], 20, bold=True)
    for reason in result["reasons"]:
        pdf.paragraph(reason, 11)
    pdf.ln(3)
    model, data = result["model"], result["data"]
    pdf.paragraph(
        f"Model {model['name']}, version {model['version']}. Films: {data['name']}, {result['when'][:10]}.", 10
    )
    pdf.paragraph(
        f"{result['films']:,} films of {result['patients']:,} patients: {result['pneumonia']:,} with pneumonia, "
        f"{result['normal']:,} normal. {result['compared_with_training']}",
        10,
    )
    pdf.ln(2)
    pdf.paragraph(f"AUROC here: {_text(result['figures']['auroc'])}.", 10)
    pdf.paragraph(f"Shift of the scores, logits: {_text(result['shift'], 2)}.", 10)
    for name, point in result["points"].items():
        in_use = ", in use" if name == result["point"] else ""
        pdf.ln(2)
        pdf.paragraph(f"{OPERATING_POINTS.get(name, name)}{in_use}", 11, bold=True)
        for when, suffix in (("As released", ""), ("With the scores moved back", "_after")):
            rates = (f"{rate} {_text(point[rate + suffix])}" for rate in ("sensitivity", "specificity"))
            pdf.paragraph(f"{when}: {', '.join(rates)}.", 10)
    pdf.ln(2)
    pdf.paragraph(
        "95% intervals from resampling whole patients. Margin of non-inferiority: "
        f"{100 * result['margin']:g} points of sensitivity and of specificity.",
        9,
    )
    return bytes(pdf.output())


def _text(estimate: Mapping[str, Any], digits: int = 3) -> str:
    return value_with_interval(Estimate.of(Fields(estimate)), digits)
