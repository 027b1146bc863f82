"""The structure of a JPEG or JPEG-LS stream (ISO 10918-1 annex B, ISO 14495-1 annex C), without decoding it."""

import re
from dataclasses import dataclass
from typing import Literal

_SOI, _EOI, _SOS, _DRI, _APP0, _APP14, _JPEG_LS = 0xD8, 0xD9, 0xDA, 0xDD, 0xE0, 0xEE, 0xF7
_FRAMES = {*range(0xC0, 0xD0), _JPEG_LS} - {0xC4, 0xC8, 0xCC}  # SOF; DHT, JPG and DAC lie between
_LOSSLESS, _PROGRESSIVE = {0xC3, 0xC7, 0xCB, 0xCF, _JPEG_LS}, {0xC2, 0xC6, 0xCA, 0xCE}
_AFTER_SCAN = {_EOI, _SOS, _DRI, 0xC4, 0xCC, 0xDB, 0xDC, 0xF8, 0xFE, *range(0xE0, 0xF0)}
# The first marker after entropy-coded data: not a stuffed byte, a restart or a fill byte. JPEG-LS stuffs a bit, so that
# any byte below 80 follows FF there (ISO 14495-1 A.1).
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MARKER_LS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
_PROCESSES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive", 0xC3: "lossless", _JPEG_LS: "JPEG-LS"}

ColourModel = Literal["RGB", "YBR"]


@dataclass(frozen=True)
class JpegStream:
    """What the markers of a stream say.

    width, height: pixels. precision: bits per sample. process: SOF marker, 0xC0 to 0xCF, or 0xF7 for JPEG-LS.
    component_ids, sampling: per component; sampling as (horizontal, vertical).
    adobe_transform: of the APP14 marker, None without one. jfif: whether there is a JFIF marker.
    restart_interval: in MCUs, 0 without restarts.
    scans: for each scan, where its header and its coded data start and where the data end.
    end: where the byte after the end of image is; None if the stream is cut.
    """

    width: int
    height: int
    precision: int
    process: int
    component_ids: tuple[int, ...]
    sampling: tuple[tuple[int, int], ...]
    adobe_transform: int | None
    jfif: bool
    restart_interval: int
    scans: tuple[tuple[int, int, int], ...]
    end: int | None

    @property
    def lossless(self) -> bool:
        """Whether the process is JPEG Lossless or JPEG-LS."""
        return self.process in _LOSSLESS

    @property
    def progressive(self) -> bool:
        """Whether the image is refined from scan to scan."""
        return self.process in _PROGRESSIVE

    @property
    def process_name(self) -> str:
        """The process in words, such as "extended, 12 bits"."""
        return f"{_PROCESSES.get(self.process, f'process SOF{self.process - 0xC0}')}, {self.precision} bits"

    @property
    def colour_model(self) -> ColourModel | None:
        """What the stream says of three components: by their ids, the APP14 marker, subsampling, JFIF; else None."""
        if self.component_ids in (tuple(b"RGB"), tuple(b"rgb")):
            return "RGB"
        if self.adobe_transform is not None:
            return "YBR" if self.adobe_transform else "RGB"
        subsampled = bool(self.sampling) and self.sampling[0] > min(self.sampling)
        return "YBR" if subsampled or self.jfif else None


def parse(data: bytes) -> JpegStream | None:
    """The structure of a stream that starts with SOI; None if there is no valid frame header."""
    if data[:2] != b"\xff\xd8":
        return None
    at, frame, adobe, jfif, restart, end = 2, None, None, False, 0, None
    scans: list[tuple[int, int, int]] = []
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            at = data.find(b"\xff", at)  # stray bytes between segments, which decoders skip
            if at < 0 or scans:
                break
            continue
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _EOI:
            end = at + 2 if scans else None
            break
        length = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if length < 2 or marker == _SOI or (scans and marker not in _AFTER_SCAN):
            break
        if marker in _FRAMES and len(body) >= 6 + 3 * body[5]:
            frame = (marker, body)
        elif marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        elif marker == _APP0 and body[:5] == b"JFIF\0":
            jfif = True
        elif marker == _DRI and len(body) >= 2:
            restart = int.from_bytes(body[:2])
        at += 2 + length
        if marker == _SOS and frame:
            found = (_MARKER_LS if frame[0] == _JPEG_LS else _MARKER).search(data, at)
            stop = found.start() if found else len(data)
            scans.append((at - 2 - length, at, stop))
            at = stop
    if not frame:
        return None
    marker, body = frame
    components = [body[6 + 3 * i : 9 + 3 * i] for i in range(body[5])]
    return JpegStream(
        width=int.from_bytes(body[3:5]),
        height=int.from_bytes(body[1:3]),
        precision=body[0],
        process=marker,
        component_ids=tuple(component[0] for component in components),
        sampling=tuple((component[1] >> 4, component[1] & 15) for component in components),
        adobe_transform=adobe,
        jfif=jfif,
        restart_interval=restart,
        scans=tuple(scans),
        end=end,
    )


def is_cut(data: bytes) -> bool:
    """Whether a JPEG has no end of image; data after it, such as a phone's film clip, do not count."""
    stream = parse(data)
    return stream is None or stream.end is None


def may_be_complete(end: bytes) -> bool:
    """Whether the last bytes of a JPEG hold an end of image and no scan after it: a quick check before `is_cut`."""
    at = end.rfind(b"\xff\xd9")
    return at >= 0 and end.find(b"\xff\xda", at) < 0


def last_block(stream: JpegStream) -> tuple[int, int, int, int]:
    """The pixels of the last MCU of an interleaved scan, as left, top, right, bottom (ISO 10918-1 A.2.3)."""
    columns, rows = (8 * max((pair[i] for pair in stream.sampling), default=1) for i in (0, 1))
    left, top = (stream.width - 1) // columns * columns, (stream.height - 1) // rows * rows
    return left, top, stream.width, stream.height


def with_more_data(data: bytes, stream: JpegStream) -> bytes:
    """The stream with additional coded data at the end of its last scan.

    A decoder ignores them when the scan is complete. When blocks are missing, they are decoded from these data, so that
    the image changes: this tells a mid-grey border from missing blocks, which decoders leave mid grey.
    """
    more = bytes(range(1, 255)) * 4
    return data[: stream.scans[-1][2]] + more + b"\xff\xd9"


def restarts_missing(data: bytes, stream: JpegStream) -> bool:
    """Whether a scan with restart intervals has fewer restart markers than its MCUs need (ISO 10918-1 B.2.5)."""
    if not stream.restart_interval or len(stream.scans) != 1:
        return False
    columns, rows = (8 * max(pair[i] for pair in stream.sampling) for i in (0, 1))
    blocks = -(-stream.width // columns) * -(-stream.height // rows)
    _, start, stop = stream.scans[0]
    markers = len(re.findall(rb"\xff[\xd0-\xd7]", data[start:stop]))
    return markers < -(-blocks // stream.restart_interval) - 1


def with_full_spectrum(data: bytes, stream: JpegStream) -> bytes:
    """The stream with the spectral selection 0 to 63 in the scans of a sequential process.

    Some encoders of JPEG Extended write an end of 0, which decoders refuse. It has to be 63 (ISO 10918-1 B.2.3).
    """
    if stream.lossless or stream.progressive:
        return data
    changed = bytearray(data)
    for _, start, _ in stream.scans:
        changed[start - 3 : start] = b"\x00\x3f\x00"
    return bytes(changed)
