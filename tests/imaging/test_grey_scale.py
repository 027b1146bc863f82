"""The rule for grey values of unknown range: the film's own, without the few values far outside it."""

import numpy as np
import pytest

from cxr_core.imaging.grey_scale import own_range, scaled, table_maximum, to_8_bits, value_counts

RAMP = np.linspace(300, 3100, 200 * 200).reshape(200, 200).astype(np.uint16)


def range_of(values: np.ndarray) -> tuple[float, float]:
    return to_8_bits(values)[1]


def test_a_film_without_outliers_is_scaled_from_its_lowest_to_its_highest_value() -> None:
    pixels, found = to_8_bits(RAMP)
    assert found == (300, 3100)
    assert np.array_equal(pixels, np.rint((RAMP.astype(float) - 300) / 2800 * 255))


@pytest.mark.parametrize("share", [0.001, 0.01, 0.018])
@pytest.mark.parametrize("value", [0, 8191, 65535])
def test_few_pixels_far_outside_hardly_matter(share: float, value: int) -> None:
    values = RAMP.copy()
    values.ravel()[:: round(1 / share)] = value
    low, high = range_of(values)
    assert low == pytest.approx(300, abs=0.12 * 2800)
    assert high == pytest.approx(3100, abs=0.22 * 2800)


def test_the_rule_follows_a_linear_change_of_the_values() -> None:
    expected, _ = to_8_bits(RAMP)
    assert np.abs(to_8_bits(RAMP * 20)[0].astype(int) - expected).max() <= 1
    signed = (RAMP.astype(int) - 2000).astype(np.int16)
    assert np.array_equal(to_8_bits(signed)[0], expected)
    assert range_of(signed) == (-1700, 1100)
    assert np.array_equal(to_8_bits(RAMP.astype(">u2"))[0], expected)


def test_excluded_pixels_do_not_count() -> None:
    values, excluded = RAMP.copy(), np.zeros(RAMP.shape, bool)
    values[:50], excluded[:50] = 60_000, True
    assert to_8_bits(values, excluded)[1] == (RAMP[50:].min(), 3100)
    assert value_counts(values, excluded).sum() == 150 * 200
    assert to_8_bits(values, np.ones(values.shape, bool))[1] == to_8_bits(values)[1]  # all of them: none


def test_one_value_is_black_and_nearly_one_value_has_its_full_range() -> None:
    assert np.unique(to_8_bits(np.full((20, 20), 700, np.uint16))[0]) == 0
    values = np.full((100, 100), 700, np.uint16)
    values[0, 0] = 900
    assert range_of(values) == (700, 900)


def test_own_range_needs_no_order() -> None:
    assert own_range(np.array([5.0, 1.0, 3.0]), np.array([10, 10, 10])) == (1, 5)
    assert scaled(np.array([0, 1, 3, 9]), 1, 5).tolist() == [0, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("declared", "largest", "white"),
    [(16, 65_535, 65_535), (16, 40_000, 65_535), (16, 4200, 4200), (12, 4095, 4095), (8, 4095, 4095), (12, 3000, 4095)],
)
def test_a_table_is_scaled_by_its_declared_depth_unless_that_is_wrong(declared: int, largest: int, white: int) -> None:
    assert table_maximum(np.array([0.0, largest]), declared) == white
    assert table_maximum(np.zeros(3), declared) == 1


@pytest.mark.parametrize("highest", [0, 255, 256, 4200, 32_768, 65_535])
def test_every_value_is_counted_whatever_the_highest(highest: int) -> None:
    values = np.random.default_rng(0).integers(0, highest + 1, (30, 41)).astype(np.uint16)
    values[0, 0] = highest
    hidden = values % 3 == 1
    assert np.array_equal(value_counts(values), np.bincount(values.ravel(), minlength=2**16))
    assert np.array_equal(value_counts(values, hidden), np.bincount(values[~hidden], minlength=2**16))
