"""The Report tab: downloads of the report, the estimates and the films with scores."""

import json

import streamlit as st

from cxr_core.app.components.export_button import export_button
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.build import collect
from cxr_core.reports.evaluation.html import to_html
from cxr_core.reports.evaluation.items import report_of
from cxr_core.tables import table_to_csv, without_pseudonyms


def show_report(evaluation: Evaluation, model: Model | None) -> None:
    """Draw the download buttons; a report is built when its button is pressed."""
    st.write(
        "The whole evaluation in one file, structured by the CLAIM checklist, with model card and data description. It "
        "needs no network and prints on A4."
    )

    def html() -> str:
        return to_html(report_of(collect(evaluation, model)))

    def pdf() -> bytes:
        from cxr_core.reports.evaluation.pdf import to_pdf

        return to_pdf(report_of(collect(evaluation, model)))

    name = f"{evaluation.name}-{evaluation.id}"
    with st.container(horizontal=True):
        export_button(
            "Report (HTML)",
            html,
            f"{name}.html",
            "evaluation report",
            mime="text/html",
            icon=":material/html:",
            type="primary",
            key="report_html",
        )
        export_button(
            "Report (PDF)",
            pdf,
            f"{name}.pdf",
            "evaluation report",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
            key="report_pdf",
        )
        export_button(
            "Figures (JSON)",
            json.dumps(evaluation.record.to_dict(), indent=1),
            "metrics.json",
            "evaluation figures",
            mime="application/json",
            icon=":material/data_object:",
            key="metrics_json",
        )
        export_button(
            "Films and scores (CSV)",
            table_to_csv(without_pseudonyms(evaluation.films)),
            "predictions.csv",
            "films and scores",
            mime="text/csv",
            icon=":material/table:",
            key="predictions_csv",
        )
    st.caption("Items that the software cannot fill in are marked for the authors.")
