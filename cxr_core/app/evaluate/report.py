"""Take an evaluation away: the report, the figures, the films."""

import json

import streamlit as st

from cxr_core.evaluation.store import Evaluation
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.items import report_of
from cxr_core.reports.evaluation.build import gather
from cxr_core.reports.evaluation.html import to_html


def show_report(evaluation: Evaluation, model: Model | None) -> None:
    """Buttons; a report is made when its button is pressed."""
    st.write(
        "Everything on this page in one file, in the order of the CLAIM checklist with each item's number, model card "
        "and data description included. It opens with no network and prints on A4."
    )

    def html() -> str:
        return to_html(report_of(gather(evaluation, model)))

    def pdf() -> bytes:
        from cxr_core.reports.evaluation.pdf import to_pdf

        return to_pdf(report_of(gather(evaluation, model)))

    name = f"{evaluation.name}-{evaluation.id}"
    with st.container(horizontal=True):
        st.download_button(
            "Report (HTML)",
            html,
            f"{name}.html",
            "text/html",
            icon=":material/html:",
            type="primary",
            key="report_html",
        )
        st.download_button(
            "Report (PDF)", pdf, f"{name}.pdf", "application/pdf", icon=":material/picture_as_pdf:", key="report_pdf"
        )
        st.download_button(
            "Figures (JSON)",
            json.dumps(evaluation.metrics, indent=1),
            "metrics.json",
            "application/json",
            icon=":material/data_object:",
            key="metrics_json",
        )
        st.download_button(
            "Films and scores (CSV)",
            evaluation.films.to_csv(index=False),
            "predictions.csv",
            "text/csv",
            icon=":material/table:",
            key="predictions_csv",
        )
    st.caption("Items that no software can know say so: they are for the authors.")
