"""The connection to a hospital: a DICOM node, DICOMweb, and results as DICOM and FHIR. Needs the extra `hospital`."""
