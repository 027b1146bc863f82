"""Test-time augmentation: borderline films get the mean over their views, other films are scored once."""

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.inference import test_time_augmentation as tta
from cxr_core.inference.augmented_views import all_views
from cxr_core.metrics.calibration import Platt
from cxr_core.models.registry import find_model

INPUTS = np.random.default_rng(0).integers(0, 256, (6, 32, 32), np.uint8)


def score(inputs: np.ndarray) -> np.ndarray:
    """A network that depends on one corner, so that its logit changes when the film is shifted."""
    return (inputs[:, :4, :4].mean(axis=(1, 2)) / 32 - 4).astype(np.float32)


@pytest.mark.parametrize("mirror", [False, True])
def test_only_borderline_films_are_augmented(mirror: bool) -> None:
    first = score(INPUTS)
    steep = 1e4  # the film with the highest logit has 50%, the others less than 5%
    augmentation = tta.TestTimeAugmentation(Platt(steep, -steep * float(first.max())), mirror)
    scored: list[int] = []

    def counted(inputs: np.ndarray) -> np.ndarray:
        scored.append(len(inputs))
        return score(inputs)

    logits = augmentation.logits(counted, INPUTS)
    highest = int(np.argmax(first))
    assert scored == [6, 3 if mirror else 2]
    views = score(all_views(INPUTS, mirror)).reshape(-1, 6)
    assert logits[highest] == pytest.approx(views[:, highest].mean())
    assert logits[highest] != pytest.approx(first[highest])
    np.testing.assert_array_equal(np.delete(logits, highest), np.delete(first, highest))
    np.testing.assert_allclose(augmentation.combine(views), logits, rtol=1e-6)


def test_no_film_is_augmented_if_none_is_borderline() -> None:
    scored: list[int] = []
    tta.TestTimeAugmentation(Platt(1.0, 50.0), True).logits(
        lambda some: scored.append(len(some)) or score(some), INPUTS
    )
    assert scored == [6]
    assert tta.TestTimeAugmentation(Platt(1.0, 0.0), True).logits(score, INPUTS[:0]).shape == (0,)


def test_the_card_restores_it() -> None:
    augmentation = tta.fit_test_time_augmentation(
        np.array([-2.0, -1.0, 0.5, -0.5, 1.0, 2.0]), np.array([0, 0, 0, 1, 1, 1]), mirror=True
    )
    card = find_model().card
    described = card.changed(second_look=augmentation.to_dict())
    assert tta.read_test_time_augmentation(described, mirror=True) == augmentation
    other = replace(augmentation, clear=0.02)  # a card with another limit
    assert tta.read_test_time_augmentation(card.changed(second_look=other.to_dict()), mirror=True) == other
    assert "mirrored or shifted" in augmentation.to_dict()["rule"]
    assert (
        not tta.read_test_time_augmentation(card.changed(second_look=None), mirror=True)
        .borderline(np.linspace(-9, 9, 7))
        .any()
    )
