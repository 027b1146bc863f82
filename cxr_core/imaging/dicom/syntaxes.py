"""Which DICOM transfer syntaxes are read, and the names of those that are not."""

import io

from pydicom.filereader import read_dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from cxr_core.imaging.dicom.samples import DEFLATED_FRAME, ENCAPSULATED_UNCOMPRESSED
from cxr_core.limits import check_inflated

# What pydicom's dictionary does not name yet (PS3.6 table A-1).
_NAMES = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    DEFLATED_FRAME: "Deflated Image Frame Compression",
    ENCAPSULATED_UNCOMPRESSED: "Encapsulated Uncompressed Explicit VR Little Endian",
    "1.2.840.113619.5.2": "Implicit VR Big Endian (GE private)",
}
# By their root: video, references to a server, and multi-component JPEG 2000.
_NOT_READ = (
    "1.2.840.10008.1.2.4.92",
    "1.2.840.10008.1.2.4.93",
    "1.2.840.10008.1.2.4.94",
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.101",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.104",
    "1.2.840.10008.1.2.4.105",
    "1.2.840.10008.1.2.4.106",
    "1.2.840.10008.1.2.4.107",
    "1.2.840.10008.1.2.4.108",
    "1.2.840.10008.1.2.4.204",
    "1.2.840.10008.1.2.4.205",
    "1.2.840.10008.1.2.7.1",
    "1.2.840.10008.1.2.7.2",
    "1.2.840.10008.1.2.7.3",
    "1.2.840.113619.5.2",
)


def is_read(syntax: UID) -> bool:
    """Whether files of a transfer syntax are read; of an unknown one, the pixel data decide."""
    return not any(syntax == root or syntax.startswith(f"{root}.") for root in _NOT_READ)


def syntax_name(syntax: UID) -> str:
    """The name of a transfer syntax by PS3.6, its UID where that has none."""
    return _NAMES.get(str(syntax), syntax.name)


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
