"""Real full-size films through the transfer syntaxes that pydicom and gdcm can write.

Each film goes through one of them, at a bit depth of its turn; `benchmarks.accuracy.transfer_syntaxes` runs all films
through all.
"""

from pathlib import Path

import numpy as np

from cxr_core.imaging.decode import decode_film, read_film
from tests.support.files.transfer_syntaxes import DEPTHS, is_lossless, syntaxes, values_of, written


def test_full_size_films_are_identical_where_lossless_and_close_where_lossy(real_films: Path) -> None:
    files = sorted((real_films / "chest_xray_full_size" / "train").rglob("*.jpeg"))[::4]
    for number, file in enumerate(files):
        bits = DEPTHS[number % len(DEPTHS)]
        names = syntaxes(bits)
        name = names[number % len(names)]
        values = values_of(read_film(file).pixels, bits)
        apart = np.abs(decode_film(written(values, bits, name), "a").pixels - np.rint(values / (2**bits - 1) * 255))
        assert apart.max() == 0 if is_lossless(name) else apart.mean() <= 2, (file.name, name, bits)
