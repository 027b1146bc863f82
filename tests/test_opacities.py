"""Synthetic opacities in training: where they lie, what they do to a film, and that batches draw them as asked."""

import numpy as np

from cxr_core.training.batches import FilmBatches
from cxr_core.training.opacities import with_opacity
from tests.chests import chest

NORMAL, PNEUMONIA = 0.0, 1.0


def batches(opacity: float, epoch: int = 0) -> FilmBatches:
    films = np.stack([chest(seed, pneumonia=seed >= 32, side=32) for seed in range(64)])
    labels = np.repeat(np.float32([NORMAL, PNEUMONIA]), 32)
    return FilmBatches(films, labels, np.arange(64), 16, np.float32([2, 1]), first_epoch=epoch, opacity=opacity)


def test_an_opacity_lifts_one_place_of_a_lung_and_darkens_nothing() -> None:
    film = chest(0, pneumonia=False, side=128)
    kept = film.copy()
    for seed in range(20):
        added = with_opacity(film, np.random.default_rng(seed)).astype(int) - film
        assert added.min() >= 0
        assert 0.002 < (added > 10).mean() < 0.3
        assert (added[:8] <= 2).all()
    np.testing.assert_array_equal(film, kept)


def test_the_asked_share_of_normal_films_becomes_pneumonia() -> None:
    plain, pasted = ([*map(batches(share).__getitem__, range(4))] for share in (0.0, 0.5))
    became = sum(int(labels.sum()) for _, labels, _ in pasted) - 32
    assert 8 <= became <= 24
    for (films, labels, weights), (others, relabelled, reweighed) in zip(plain, pasted, strict=True):
        same = (films == others).all(axis=(1, 2, 3))
        np.testing.assert_array_equal(same, (labels == relabelled)[:, 0])
        np.testing.assert_array_equal(reweighed, np.where(relabelled[:, 0] == PNEUMONIA, 1, 2))
        np.testing.assert_array_equal(weights, np.where(labels[:, 0] == PNEUMONIA, 1, 2))


def test_all_films_or_none_can_be_asked_for() -> None:
    assert sum(int(labels.sum()) for _, labels, _ in map(batches(1.0).__getitem__, range(4))) == 64


def test_a_resumed_epoch_draws_the_same_opacities_and_the_next_one_others() -> None:
    through = batches(0.5)
    through.on_epoch_end()
    np.testing.assert_array_equal(through[2][0], batches(0.5, epoch=1)[2][0])
    assert not np.array_equal(batches(0.5)[2][0], through[2][0])
