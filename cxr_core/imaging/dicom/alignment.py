"""Which bits of a word hold the value: by the header where the pixels bear it out, else by the pixels (PS3.5 8.1.1)."""

import numpy as np
from pydicom import Dataset

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.dicom.display import rescale, window
from cxr_core.languages import message

_OVERSHOOT = 1 / 16  # of the range: how far lossy compression passes its end
_CERTAIN = 4  # how many times smoother one reading has to be
_ROWS = 16  # looked at first, for speed
_WRAPPED = 0.04  # of the steps between neighbours: in no film do more pass half of the range


def aligned(
    words: np.ndarray, word: int, ds: Dataset, steps: list[str], stream_signed: bool = False
) -> tuple[np.ndarray, int]:
    """Stored values, of the shape of `words`, and the bits that hold them.

    words: `uint8` or `uint16`, (H, W) or (H, W, 3), of `word` bits. stream_signed: the compressed image says that its
    samples are signed. Notes in `steps` where the pixels contradict the header.
    Bits above the stored ones belong to an overlay only where the header declares one there, or the film without them
    is smoother beyond doubt. Else they belong to the values. Raises `UnreadableFilm` for values that a converter cut.
    """
    unsigned = words.dtype.type
    stored = min(int(ds.BitsStored), word)
    signed = stream_signed or bool(ds.get("PixelRepresentation"))
    shift = _declared_shift(words, word, stored, signed, ds)
    if shift:
        steps.append(message("values aligned by high bit {bit}", bit=int(ds.HighBit)))
        words, word = words >> unsigned(shift), word - shift
    mask = unsigned(2**stored - 1)
    exceeds = word > stored and int(words.max()) > mask
    chosen = _integers(words & mask, stored, signed) if exceeds else _integers(words, stored, signed)
    if not exceeds:
        _check_complete(words, stored)
    elif not np.array_equal(full := _integers(words, word, signed), chosen):
        shift = _shift_by_pixels(full, word, stored, signed, ds)
        if shift:
            left = _integers(words >> unsigned(shift), stored, signed)
            above = full.astype(np.int32) - chosen
            if _steps(left, above) < _steps(chosen, above):
                steps.append(
                    message(
                        "values aligned by their bits, {first} to {last} (header: {bit})",
                        first=shift,
                        last=shift + stored - 1,
                        bit=str(ds.get("HighBit")),
                    )
                )
                return left, stored
        return _with_bits_above(chosen, full, (stored, word), signed, ds, steps)
    if stream_signed and not ds.get("PixelRepresentation"):
        plain = words & mask
        if _roughness(plain) < _roughness(chosen):
            return plain, stored
    return chosen, stored


def _with_bits_above(
    chosen: np.ndarray,
    full: np.ndarray,
    bits: tuple[int, int],
    signed: bool,
    ds: Dataset,
    steps: list[str],
) -> tuple[np.ndarray, int]:
    """The values without the bits above the stored ones, with them, or clipped. bits: stored, and of the word."""
    stored, word = bits
    half = 2 ** (stored - 1) if signed else 0
    lowest, highest = -half, 2**stored - 1 - half
    reach = _OVERSHOOT * 2**stored
    overlay = _has_embedded_overlay(ds)
    if not overlay and full.ndim == 2 and not (lowest - reach <= full.min() and full.max() <= highest + reach):
        above = full.astype(np.int32) - chosen
        without, with_them = _steps(chosen, above), _steps(full, above)
        overlay = _CERTAIN * without < with_them
        if with_them < without:
            steps.append(message("{bits} bits used (header: {stored})", bits=word, stored=stored))
            return full, word
    if overlay:
        steps.append(message("bits above the stored ones removed"))
        return chosen, stored
    steps.append(message("values above {bits} bits clipped", bits=stored))
    return np.clip(full, lowest, highest).astype(full.dtype), stored


def _declared_shift(words: np.ndarray, word: int, stored: int, signed: bool, ds: Dataset) -> int:
    """By how many bits High Bit says that the values are shifted; 0 where they are plainly not."""
    high = ds.get("HighBit")
    shift = int(high) + 1 - stored if high is not None and stored <= int(high) < word else 0
    if shift and (words & words.dtype.type(2**shift - 1)).any():
        right = _integers(words & words.dtype.type(2**stored - 1), stored, signed)
        if np.array_equal(right, _integers(words, word, signed)):
            return 0
    return shift


def _shift_by_pixels(full: np.ndarray, word: int, stored: int, signed: bool, ds: Dataset) -> int:
    """By how many bits the words, as integers `full`, are shifted where the lowest bits of all are 0; else 0.

    Some converters write a High Bit as of values that are not shifted. A window beyond the stored bits says that these
    are too few instead.
    """
    shown = window(ds)
    slope, intercept = rescale(ds)
    if shown is not None and (shown[0] + shown[1] / 2 - intercept) / slope > 1.5 * 2**stored:
        return 0
    used = int(np.bitwise_or.reduce(full, axis=None))
    largest = max(int(full.max()), ~int(full.min()))
    zeros, least = (used & -used).bit_length() - 1, largest.bit_length() + signed - stored
    if zeros < least:
        return 0
    return zeros if zeros == word - stored else least


def _check_complete(words: np.ndarray, stored: int) -> None:
    """Raise `UnreadableFilm` where shifted values have lost their highest bits, as gdcm's JPEG 2000 leaves them."""
    if stored <= 8 or (words[:: max(1, len(words) // _ROWS)] & 1).any() or (words & 1).any():
        return
    jumps = np.abs(np.diff(words.astype(np.int32), axis=1)) > 2 ** (stored - 1)
    if jumps.mean() > _WRAPPED:
        raise UnreadableFilm(
            message("a DICOM image whose values have lost the bits above the lowest {bits} (left-aligned)", bits=stored)
        )


def _integers(words: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """Unsigned words of `bits` as values: two's complement of that width where `signed`."""
    if not signed:
        return words
    kind = np.dtype(f"i{words.dtype.itemsize}")
    spare = 8 * words.dtype.itemsize - bits
    result: np.ndarray = (words << words.dtype.type(spare)).view(kind) >> kind.type(spare)
    return result


def _steps(values: np.ndarray, above: np.ndarray) -> float:
    """Mean step of `values` between neighbours that differ in the part `above` the stored bits; 0 without such."""
    found = [np.abs(np.diff(values.astype(np.int32), axis=axis)[np.diff(above, axis=axis) != 0]) for axis in (0, 1)]
    together = np.concatenate(found)
    return float(together.mean()) if together.size else 0.0


def _roughness(values: np.ndarray) -> float:
    """Mean step between neighbours in a row: wrapped values raise it."""
    return float(np.abs(np.diff(values.astype(np.int32), axis=1)).mean())


def _has_embedded_overlay(ds: Dataset) -> bool:
    """Whether an overlay lies in unused bits of the pixels (retired; PS3.5-2004 8.1.2)."""
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x0102) in ds and (group, 0x3000) not in ds and (group, 0x0100) in ds:
            return bool(ds[group, 0x0100].value != 1)
    return False
