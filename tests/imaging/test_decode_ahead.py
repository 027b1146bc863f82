"""Batches are decoded one ahead of their use: in order, none skipped, none wasted."""

import pytest

from cxr_core.imaging.decode import decoded_ahead


def test_every_batch_comes_in_order_an_empty_one_too() -> None:
    assert list(decoded_ahead([[1, 2, 3], [], [4]], lambda number: -number)) == [[-1, -2, -3], [], [-4]]
    assert list(decoded_ahead([], abs)) == []


def test_the_next_batch_is_asked_for_while_the_first_is_used_and_no_further() -> None:
    asked = []
    stream = decoded_ahead((asked.append(number) or [number] for number in range(10)), abs)
    assert next(stream) == [0]
    assert asked == [0, 1]
    stream.close()
    assert asked == [0, 1]


def test_what_decode_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(decoded_ahead([[1], [0]], lambda number: 1 // number))
