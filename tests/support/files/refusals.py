"""The message with which a file is refused."""

import pytest

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.decode import ACCEPTED, decode_film


def refusal(data: bytes, name: str = "film.dcm") -> str:
    """The message with which the bytes are refused: one line that names the file and the accepted formats."""
    with pytest.raises(UnreadableFilm) as caught:
        decode_film(data, name)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert message.endswith(f"; accepted are {ACCEPTED}.")
    assert "\n" not in message
    return message
