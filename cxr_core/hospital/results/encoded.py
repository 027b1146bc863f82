"""DICOM data sets as bytes, by element: most of a result is the same for every film and is encoded once.

Everything is Explicit VR Little Endian (PS3.5 A.2). Sequences with gaps have undefined length (PS3.5 7.5), so that what
is put into one needs no other length changed.
"""

from collections.abc import Callable, Iterator

from pydicom import DataElement, Dataset
from pydicom.charset import convert_encodings
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

_PREAMBLE = bytes(128) + b"DICM"
_META = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
_SEQUENCE = b"SQ\x00\x00\xff\xff\xff\xff"
_ITEM, _ITEM_END = b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xfe\xff\x0d\xe0\x00\x00\x00\x00"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
Pieces = list[bytes | str]
"""A data set in order: encoded elements, and the keywords of those that differ from film to film."""


def encoded(ds: Dataset) -> dict[int, bytes]:
    """The elements of a data set by their tags, text in its Specific Character Set."""
    characters = convert_encodings(ds.get("SpecificCharacterSet") or "ISO_IR 6")
    return {int(tag): _element(ds[tag], characters) for tag in ds.keys()}  # noqa: SIM118  not a dictionary


def file_of(meta: Dataset, elements: dict[int, bytes]) -> bytes:
    """A DICOM file (PS3.10 7.1) of encoded elements in any order. meta: its class, instance and transfer syntax."""
    about = b"".join(
        [
            element("FileMetaInformationVersion", b"\x00\x01", []),
            *(_element(meta[keyword], []) for keyword in _META),
            element("ImplementationClassUID", PYDICOM_IMPLEMENTATION_UID, []),
        ]
    )
    length = element("FileMetaInformationGroupLength", len(about), [])
    return b"".join([_PREAMBLE, length, about, *(elements[tag] for tag in sorted(elements))])


def pieces_of(element: DataElement, varies: Callable[[Dataset], frozenset[str]]) -> Pieces:
    """A sequence element whose items, at any depth, have elements that vary: `varies` names them by keyword."""
    pieces: Pieces = []
    for piece in _sequence(element, varies):
        if pieces and isinstance(piece, bytes) and isinstance(last := pieces[-1], bytes):
            pieces[-1] = last + piece
        else:
            pieces.append(piece)
    return pieces


def filled(pieces: Pieces, values: dict[str, Iterator[object]], characters: list[str]) -> bytes:
    """The pieces joined; each varying element takes the next value of its keyword."""
    return b"".join(
        piece if isinstance(piece, bytes) else element(piece, next(values[piece]), characters) for piece in pieces
    )


def element(keyword: str, value: object, characters: list[str]) -> bytes:
    """One element, encoded. characters: Python's names of its character sets."""
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword
    return _element(DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE), characters)


def _sequence(found: DataElement, varies: Callable[[Dataset], frozenset[str]]) -> Iterator[bytes | str]:
    yield found.tag.group.to_bytes(2, "little") + found.tag.element.to_bytes(2, "little") + _SEQUENCE
    for item in found.value:
        yield _ITEM
        varying = varies(item)
        for part in item:
            if part.keyword in varying:
                yield part.keyword
            elif part.VR == "SQ":
                yield from _sequence(part, varies)
            else:
                yield _element(part, ["ascii"])
        yield _ITEM_END
    yield _SEQUENCE_END


def _element(found: DataElement, characters: list[str]) -> bytes:
    buffer = _buffer()
    write_data_element(buffer, found, characters)
    return buffer.getvalue()


def _buffer() -> DicomBytesIO:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    return buffer
