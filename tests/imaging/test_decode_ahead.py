"""Batches are decoded one ahead of their use: in order, none skipped, none decoded in vain."""

import pytest

from cxr_core.imaging.decode_ahead import decoded_ahead


def test_every_batch_comes_in_order_an_empty_one_too() -> None:
    assert list(decoded_ahead([[1, 2, 3], [], [4]], lambda number: -number)) == [[-1, -2, -3], [], [-4]]
    assert list(decoded_ahead([], abs)) == []


def test_the_next_batch_is_requested_while_the_first_is_used_and_no_further() -> None:
    requested = []
    stream = decoded_ahead((requested.append(number) or [number] for number in range(10)), abs)
    assert next(stream) == [0]
    assert requested == [0, 1]
    stream.close()
    assert requested == [0, 1]


def test_what_decode_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(decoded_ahead([[1], [0]], lambda number: 1 // number))
