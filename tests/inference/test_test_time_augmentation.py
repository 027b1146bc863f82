"""The second look: unclear films get the mean over their views, clear ones cost one score and keep it."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.inference.augmented_views import views_of
from cxr_core.inference.test_time_augmentation import (
    TestTimeAugmentation,
    fit_test_time_augmentation,
    read_test_time_augmentation,
)
from cxr_core.metrics.calibration import Platt

INPUTS = np.random.default_rng(0).integers(0, 256, (6, 32, 32), np.uint8)


def score(inputs: np.ndarray) -> np.ndarray:
    """A network that looks at one corner: it answers otherwise when the film is moved."""
    return (inputs[:, :4, :4].mean(axis=(1, 2)) / 32 - 4).astype(np.float32)


@pytest.mark.parametrize("mirror", [False, True])
def test_unclear_films_alone_are_scored_again(mirror: bool) -> None:
    first = score(INPUTS)
    steep = 1e4  # the highest lies at 50%, the others below 5%
    look = TestTimeAugmentation(Platt(steep, -steep * float(first.max())), mirror)
    asked: list[int] = []

    def counted(inputs: np.ndarray) -> np.ndarray:
        asked.append(len(inputs))
        return score(inputs)

    found = look.logits(counted, INPUTS)
    highest = int(np.argmax(first))
    assert asked == [6, 3 if mirror else 2]
    views = score(views_of(INPUTS, mirror)).reshape(-1, 6)
    assert found[highest] == pytest.approx(views[:, highest].mean())
    assert found[highest] != pytest.approx(first[highest])
    np.testing.assert_array_equal(np.delete(found, highest), np.delete(first, highest))
    np.testing.assert_allclose(look.settle(views), found, rtol=1e-6)


def test_no_film_is_scored_again_where_all_are_clear() -> None:
    asked: list[int] = []
    TestTimeAugmentation(Platt(1.0, 50.0), True).logits(lambda some: asked.append(len(some)) or score(some), INPUTS)
    assert asked == [6]
    assert TestTimeAugmentation(Platt(1.0, 0.0), True).logits(score, INPUTS[:0]).shape == (0,)


def test_the_card_gives_it_back() -> None:
    look = fit_test_time_augmentation(
        np.array([-2.0, -1.0, 0.5, -0.5, 1.0, 2.0]), np.array([0, 0, 0, 1, 1, 1]), mirror=True
    )
    assert read_test_time_augmentation({"second_look": look.to_dict()}, mirror=True) == look
    other = replace(look, clear=0.02)  # as a card made with another limit says it
    assert read_test_time_augmentation({"second_look": other.to_dict()}, mirror=True) == other
    assert "mirrored or moved" in look.to_dict()["rule"]
    assert not read_test_time_augmentation({}, mirror=True).unclear(np.linspace(-9, 9, 7)).any()
