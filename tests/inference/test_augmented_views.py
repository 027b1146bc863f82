"""Augmented views of a film, and the limit of stability over them."""

import numpy as np
import pytest

from cxr_core.inference.augmented_views import (
    MARGIN,
    MIN_SPREAD_LIMIT,
    MOST_CLEAR,
    all_views,
    fit_stability,
    from_the_ends,
    shifted,
)


def test_a_shift_moves_the_film_slightly_and_repeats_its_edge() -> None:
    inputs = np.random.default_rng(0).integers(0, 256, (2, 64, 64)).astype(np.uint8)
    views = shifted(inputs)
    assert views.shape == (4, 64, 64)
    assert np.array_equal(views[0][2:, 2:], inputs[0][:-2, :-2])
    assert np.array_equal(views[2][:-2, :-2], inputs[0][2:, 2:])


@pytest.mark.parametrize(("mirror", "count"), [(False, 3), (True, 4)])
def test_the_film_itself_is_the_first_view(mirror: bool, count: int) -> None:
    inputs = np.random.default_rng(0).integers(0, 256, (2, 64, 64)).astype(np.uint8)
    views = all_views(inputs, mirror).reshape(count, *inputs.shape)
    assert np.array_equal(views[0], inputs)
    assert np.array_equal(views[1], inputs[:, :, ::-1]) is mirror


def test_one_film_in_twenty_is_beyond_the_limit_of_stability() -> None:
    spreads = np.linspace(0, 1, 101)
    views = np.stack([np.zeros(101), spreads])
    assert fit_stability(views, mirror=False)["max_spread"] == pytest.approx(0.95)
    assert fit_stability(np.zeros((4, 10)), mirror=True)["max_spread"] == MIN_SPREAD_LIMIT


def test_the_view_that_is_farthest_from_0_or_1_counts() -> None:
    views = np.array([[0.01, 0.99, 0.01, 1.0], [0.03, 0.96, 0.99, 1.0]])
    assert from_the_ends(views) == pytest.approx([0.03, 0.04, 0.99, 0.0])
    assert from_the_ends(views[:1]) == pytest.approx([0.01, 0.01, 0.01, 0.0])


@pytest.mark.parametrize("mirror", [False, True])
def test_films_are_shifted_where_validation_films_were_unstable(mirror: bool) -> None:
    views = np.full((4 if mirror else 3, 40), 0.001)
    assert fit_stability(views, mirror)["clear"] == MOST_CLEAR
    views[-1, 0] = 0.5  # the shift is unlike the film, at 0.001
    assert fit_stability(views, mirror)["clear"] == pytest.approx(0.001 / MARGIN)
    views[1, 0] = 0.03  # the mirror image, or another shift
    assert fit_stability(views, mirror)["clear"] == pytest.approx((0.03 if mirror else 0.001) / MARGIN)
