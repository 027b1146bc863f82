"""The connection to a hospital: a DICOM node, DICOMweb, and results as DICOM and FHIR. Needs the extra `hospital`."""

import warnings

# Of values that break the standard pydicom warns by quoting them, and a value may be a name.
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")
