"""An estimate is finite or has a reason; Wilson's interval from its formula."""

import json
import math

import pytest
from scipy.stats import norm

from cxr_core.metrics.estimate import Estimate, missing, wilson
from cxr_core.records import Fields

Z = norm.ppf(0.975)


def test_wilson_is_the_formula():
    n, p = 50, 0.9
    centre, half = (p + Z**2 / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    estimate = wilson(45, 50)
    assert estimate.value == pytest.approx(0.9)
    assert estimate.low == pytest.approx((centre - half) / (1 + Z**2 / n), abs=1e-12)
    assert estimate.high == pytest.approx((centre + half) / (1 + Z**2 / n), abs=1e-12)
    assert wilson(5, 5).low > 0.5
    assert wilson(5, 5).high == pytest.approx(1)
    assert wilson(45, 50, level=0.99).low < estimate.low


def test_wilson_degenerate_and_bad():
    assert wilson(0, 0).value is None
    assert wilson(0, 0).reason
    for successes, trials, level in ((3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.5)):
        with pytest.raises(ValueError, match="must"):
            wilson(successes, trials, level)


def test_an_estimate_is_finite_or_has_a_reason():
    with pytest.raises(ValueError, match="finite"):
        Estimate(math.nan, 0.0, 1.0, "Wilson", 3)
    with pytest.raises(ValueError, match="needs a reason"):
        Estimate(0.5, None, None, "Wilson", 3)


@pytest.mark.parametrize("estimate", [wilson(45, 50), missing("Wilson", 0, "There is no film to count.")])
def test_an_estimate_is_read_from_its_json(estimate: Estimate) -> None:
    stored = json.loads(json.dumps(estimate.to_dict()))
    assert list(stored) == ["value", "low", "high", "method", "n", "why", "undefined_draws"]
    assert Estimate.of(Fields(stored)) == estimate
