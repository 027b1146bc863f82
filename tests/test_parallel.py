"""Work in threads: in order, a few items ahead, nothing begun in vain."""

import pytest

from cxr_core.parallel import AHEAD, map_in_order


def test_results_come_in_order() -> None:
    assert list(map_in_order(lambda number: -number, range(50))) == [-number for number in range(50)]
    assert list(map_in_order(abs, [])) == []


def test_only_a_few_items_are_taken_ahead() -> None:
    taken: list[int] = []
    results = map_in_order(abs, (taken.append(number) or number for number in range(10 * AHEAD)))  # type: ignore[func-returns-value]
    assert next(results) == 0
    assert len(taken) == AHEAD
    results.close()  # type: ignore[attr-defined]
    assert len(taken) == AHEAD


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_in_order(lambda number: 1 // number, [1, 0, 1]))
