"""The compressed frame of a DICOM image, from its fragments (PS3.5 A.4).

A film has one frame, so that all fragments belong to it and the offset tables are not needed. They are often wrong.
"""

import struct

_ITEM, _DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
# Streams: JPEG and JPEG-LS, JPEG 2000, JP2, JPEG XL (codestream, container).
_SIGNATURES = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP", b"\xff\x0a", b"\x00\x00\x00\x0cJXL")


def is_encapsulated(data: bytes) -> bool:
    """Whether Pixel Data starts with an item, as it does where it is compressed."""
    return data[:4] == _ITEM


def single_frame(data: bytes) -> bytes:
    """The frame in encapsulated Pixel Data: all fragments joined, without the Basic Offset Table.

    Some writers leave the table out; a first item that is longer than the table of one frame, or the only one, is a
    fragment. A missing delimiter at the end is accepted. Whether the frame is complete, its decoder has to check.
    """
    items: list[bytes] = []
    at = 0
    while data[at : at + 4] == _ITEM and at + 8 <= len(data):
        (length,) = struct.unpack_from("<I", data, at + 4)
        items.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    if len(items) > 1 and not items[0].startswith(_SIGNATURES):
        items = items[1:]
    return b"".join(items)


def has_items(data: bytes) -> bool:
    """Whether the bytes of a file hold an item, as they do where an image is compressed."""
    return _ITEM in data


def with_delimiter(data: bytes) -> bytes:
    """The bytes of a file with a sequence delimiter at its end, for files that lack it."""
    return data + _DELIMITER + bytes(4)
