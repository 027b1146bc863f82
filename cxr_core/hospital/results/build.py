"""A reading as DICOM: the structured report, the evidence as a picture and the report on paper, in the film's study."""

from datetime import datetime

from pydicom import Dataset

from cxr_core.hospital.answer import Answer
from cxr_core.hospital.results.encapsulated_pdf import encapsulated_pdf
from cxr_core.hospital.results.encoded import encoded, file_of
from cxr_core.hospital.results.evidence_image import evidence_image
from cxr_core.hospital.results.structured_report import structured_report
from cxr_core.imaging.film import Film
from cxr_core.inference.number import number_text
from cxr_core.inference.reading import Reading
from cxr_core.reports.reading_pdf import film_pdf
from cxr_core.reports.reading_table import ReportedReading

PICTURE, PAPER, REPORT = "1-picture.dcm", "2-paper.dcm", "3-report.dcm"  # sent in this order, the report last


def result_files(source: Dataset, film: Film, reading: Reading, answer: Answer, made: datetime) -> dict[str, bytes]:
    """The three results on one film, as DICOM files by their names.

    source: the film's header, with patient, study and SOP Instance UID. Raises what highdicom and pydicom raise for a
    header that breaks the standard.
    """
    stated = number_text(answer.probability) if answer.probability is not None else "none"
    details = [f"Probability at a prevalence of {answer.prevalence:.0%}: {stated}."]
    pdf = film_pdf(ReportedReading(reading), film.pixels, made, details, lossy=True)
    return {
        PICTURE: _file(evidence_image(source, answer, film.pixels, reading.heatmap, made)),
        PAPER: _file(encapsulated_pdf(source, answer, pdf, made)),
        REPORT: structured_report(source, answer, made),
    }


def _file(ds: Dataset) -> bytes:
    return file_of(ds.file_meta, encoded(ds))
