"""Deflated DICOM files (PS3.5 A.5), checked before pydicom inflates them: it does so whole and without a limit."""

import io

from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from cxr_core.limits import check_inflated


def check_deflated(data: bytes) -> None:
    """Raises UnusableFile if a DICOM file's deflated data set is larger than a film's; does nothing for other files.

    Raises what pydicom and zlib raise for damaged bytes.
    """
    if str(DeflatedExplicitVRLittleEndian).encode() not in data[:10_000]:
        return
    file = io.BytesIO(data)
    file.seek(132 if data[128:132] == b"DICM" else 0)
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
        check_inflated(file.read())
