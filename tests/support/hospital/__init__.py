"""Real processes and DICOM films for tests of the hospital package."""
