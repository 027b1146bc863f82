"""A reading as DICOM: a structured report, the evidence as a picture, the report on paper."""
