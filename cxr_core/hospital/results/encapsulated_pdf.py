"""The report on paper, as an Encapsulated PDF (PS3.3 A.45.1)."""

from datetime import datetime

from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from cxr_core.hospital.answer import Answer
from cxr_core.hospital.codes import IMAGING_REPORT
from cxr_core.hospital.identity import result_uid
from cxr_core.hospital.results.study import NOT_CLINICAL, reference, result_dataset, set_times

SERIES_NUMBER = 9103
DESCRIPTION = f"Pneumonia: report on paper. {NOT_CLINICAL}"


def encapsulated_pdf(source: Dataset, answer: Answer, pdf: bytes, made: datetime) -> Dataset:
    """`pdf` as an instance of the film's study."""
    series, instance = (result_uid(source.SOPInstanceUID, answer.version, f"paper{end}") for end in (" series", ""))
    ds = result_dataset(source, EncapsulatedPDFStorage, (series, instance), "DOC", ExplicitVRLittleEndian)
    ds.SeriesNumber, ds.SeriesDescription = SERIES_NUMBER, DESCRIPTION
    set_times(ds, made)
    ds.ConversionType = "WSD"
    ds.AcquisitionDateTime = None
    ds.BurnedInAnnotation = str(source.get("BurnedInAnnotation") or "NO")
    ds.DocumentTitle = DESCRIPTION
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator, title.CodeMeaning = IMAGING_REPORT  # CID 7020
    ds.ConceptNameCodeSequence = Sequence([title])
    ds.SourceInstanceSequence = reference(source)
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocumentLength = len(pdf)
    ds.EncapsulatedDocument = pdf + b"\x00" * (len(pdf) % 2)
    return ds
