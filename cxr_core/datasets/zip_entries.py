"""Names and compression of zip entries as programs really write them, for data sets and for dropped zips.

A zip without the UTF-8 flag does not say how its names are encoded (APPNOTE 4.4.4, appendix D). zipfile takes code page
437; Windows writes that of its language, other systems UTF-8. Some programs separate folders by backslashes, against
APPNOTE 4.4.17.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from typing import Final

from cxr_core.languages import message

_UTF_8_FLAG, _UNICODE_PATH = 0x800, 0x7075
ZIPFILE_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_METHODS: Final = {
    1: "Shrink",
    6: "Implode",
    9: message("Deflate64, which Windows uses for large files"),
    12: "bzip2",
    14: "LZMA",
    93: "Zstandard",
    95: "XZ",
    98: "PPMd",
    99: message("AES encryption"),
}


def entry_paths(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The path of each entry of one archive, folders separated by `/`; that of a folder ends with `/`.

    Names without the UTF-8 flag are decoded with one encoding for the whole archive: UTF-8 where it is valid, else the
    code page that gives the most plausible letters.
    """
    raw = [None if entry.flag_bits & _UTF_8_FLAG else entry.orig_filename.encode("cp437") for entry in entries]
    encoding = _encoding([name for name in raw if name is not None])
    paths = []
    for entry, name in zip(entries, raw, strict=True):
        path = entry.filename if name is None else _unicode_path(entry, name) or name.decode(encoding)
        paths.append(path.split("\0")[0].replace("\\", "/"))
    return paths


def unsupported_method(entry: zipfile.ZipInfo, supported: Collection[int] = ZIPFILE_METHODS) -> str | None:
    """The name of an entry's compression method where it is not supported, else None."""
    if entry.compress_type in supported:
        return None
    return _METHODS.get(entry.compress_type, message("method {number}", number=entry.compress_type))


def _unicode_path(entry: zipfile.ZipInfo, name: bytes) -> str | None:
    """The name in Info-ZIP's Unicode Path field, where it belongs to this name (APPNOTE 4.6.9)."""
    at, extra = 0, entry.extra
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if tag == _UNICODE_PATH and len(body) > 5 and body[1:5] == struct.pack("<I", zlib.crc32(name)):
            return body[5:].decode("utf-8", "replace")
        at += 4 + length
    return None


def _encoding(names: Sequence[bytes]) -> str:
    """The encoding of all these names together."""
    foreign = b"\n".join(name for name in names if not name.isascii())
    best, best_score = "cp437", 0.0
    for encoding, plausibility in _CODE_PAGES.items():
        try:
            letters = [letter for letter in foreign.decode(encoding) if not letter.isascii()]
        except UnicodeDecodeError:
            continue
        score = sum(map(plausibility, letters)) / max(1, len(letters))
        if score > best_score:
            best, best_score = encoding, score
    return best


def _western(letter: str) -> float:
    return 1.0 if ("À" <= letter <= "ÿ" and letter not in "×÷") or letter in "ŒœŠšŽžŸß" else 0.0


def _japanese(letter: str) -> float:
    if "\u3040" <= letter <= "\u30ff" or "\uff01" <= letter <= "\uff5e":  # kana, full-width Latin
        return 1.0
    if "\u4e00" <= letter <= "\u9fff":
        return 1.0 if letter.encode("cp932")[0] <= 0x98 else 0.3  # JIS level 1: the common ones
    return 0.5 if letter in "々ー・「」（）" else 0.0


def _chinese(letter: str) -> float:
    if not "\u4e00" <= letter <= "\u9fff":
        return 0.0
    first, second = letter.encode("gbk")
    return 0.95 if 0xB0 <= first <= 0xD7 and second >= 0xA1 else 0.2  # GB 2312 level 1: the common ones


def _cyrillic(letter: str) -> float:
    return 0.9 if "А" <= letter <= "я" or letter in "Ёё" else 0.0


# The first of equally plausible ones is taken. UTF-8 hardly ever is valid by chance.
_CODE_PAGES: Final[dict[str, Callable[[str], float]]] = {
    "utf-8": lambda letter: 2.0,
    "cp1252": _western,
    "cp932": _japanese,
    "gbk": _chinese,
    "cp437": lambda letter: 0.95 * _western(letter),
    "cp866": _cyrillic,
}
