"""The heatmap, what it is made with, whether it fits its network, and how much of it lies in the lungs."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.inference.explain.heatmap import heatmap_of, overlay
from cxr_core.inference.explain.local_evidence import LEAST_AGREEMENT, LocalEvidence, read_local_evidence
from cxr_core.inference.explain.lungs import SIDE, lung_fields, share_inside
from cxr_core.publishing.fit_heatmap import fit_local_evidence
from tests.support.synthetic_chests import chest

PLACE = np.s_[2:4, 5:7]


@pytest.fixture(scope="module")
def films() -> tuple[np.ndarray, np.ndarray]:
    """Noise at 8 x 8 places, and the same with PLACE brighter: normal and pneumonia, `uint8 (60, 8, 8)`."""
    rng = np.random.default_rng(0)
    normal, pneumonia = rng.normal(100, 10, (2, 60, 8, 8))
    pneumonia[:, *PLACE] += 40
    pneumonia[:, PLACE[0], [1, 2]] += 40  # in the mirror image too: a film is fitted both ways round
    return normal.astype(np.uint8), pneumonia.astype(np.uint8)


def outputs_of(films: np.ndarray) -> np.ndarray:
    """A layer of three channels: the grey value, its square, and a constant pattern that no film changes."""
    grey = films.astype(np.float32)[..., None] / 100
    return np.concatenate([grey, grey**2, np.full_like(grey, 3)], axis=-1)


@pytest.fixture(scope="module")
def local(films: tuple[np.ndarray, np.ndarray]) -> LocalEvidence:
    return fit_local_evidence(outputs_of, *films)


def test_the_evidence_is_for_pneumonia_where_films_of_pneumonia_differ(films, local: LocalEvidence) -> None:
    normal, pneumonia = films
    for_normal, for_pneumonia = (local.of(outputs_of(side)) for side in (normal, pneumonia))
    assert for_normal.shape == (60, 8, 8)
    assert np.mean(for_pneumonia[:, *PLACE] > 0) > 0.9
    assert np.mean(for_normal[:, *PLACE] < 0) > 0.9
    assert np.median(for_pneumonia.max(axis=(1, 2))) == pytest.approx(local.strong, rel=0.2)


def test_one_bright_place_is_where_the_heat_is(films, local: LocalEvidence) -> None:
    film = films[0][:1].copy()
    film[:, *PLACE] = 140
    evidence, mirrored = (local.of(outputs_of(side))[0] for side in (film, film[:, :, ::-1]))
    heat = heatmap_of(evidence, mirrored, local.strong)
    inside = np.zeros((8, 8), bool)
    inside[PLACE] = True
    assert heat[inside].mean() > 3 * heat[~inside].mean()


def test_outputs_of_other_weights_do_not_agree(films, local: LocalEvidence) -> None:
    assert local.agreement(outputs_of(films[1])).min() > LEAST_AGREEMENT
    rng = np.random.default_rng(0)
    assert local.agreement(rng.normal(size=(20, 8, 8, 3)).astype(np.float32)).max() < LEAST_AGREEMENT
    assert local.agreement(np.zeros((1, 8, 8, 3), np.float32)) == 0


def test_what_was_fitted_is_read_back(local: LocalEvidence, films, tmp_path: Path) -> None:
    local.save(tmp_path / "kept.npz")
    outputs = outputs_of(films[1])
    assert np.array_equal(read_local_evidence(tmp_path / "kept.npz").of(outputs), local.of(outputs))


@pytest.mark.parametrize("content", [None, b"", b"not an archive", "cut", "other"])
def test_a_damaged_file_is_named(content: bytes | str | None, local: LocalEvidence, tmp_path: Path) -> None:
    file = tmp_path / "local_evidence.npz"
    if content == "cut":
        local.save(file)
        file.write_bytes(file.read_bytes()[:-1])
    elif content == "other":
        np.savez(file, centre=local.centre)
    elif isinstance(content, bytes):
        file.write_bytes(content)
    with pytest.raises(WorkError, match=r"local_evidence\.npz"):
        read_local_evidence(file)


def test_the_heat_lies_where_film_and_mirror_image_agree() -> None:
    evidence = np.full((32, 32), -1, np.float32)
    evidence[8:12, 20:24] = 2
    heat = heatmap_of(evidence, evidence[:, ::-1], strong=1)
    assert heat.dtype == np.float32
    assert heat.max() == 1
    assert (heat > 0).sum() == 16
    assert not heatmap_of(evidence, np.full((32, 32), -2, np.float32), strong=1).any()


def test_little_evidence_is_little_heat() -> None:
    evidence = np.full((8, 8), -1, np.float32)
    assert not heatmap_of(evidence, evidence, strong=4).any()
    evidence[3, 3] = 1
    assert heatmap_of(evidence, evidence[:, ::-1], strong=4).max() == 0.25
    assert heatmap_of(evidence, evidence[:, ::-1], strong=0.5).max() == 1


def test_no_heat_leaves_the_film_as_it_is() -> None:
    film = chest(0, pneumonia=False)
    drawn = overlay(film, np.zeros((8, 8), np.float32), 0.6)
    assert np.array_equal(drawn, np.repeat(film[..., None], 3, axis=2))


def test_lungs_are_found_where_they_were_drawn() -> None:
    lungs = lung_fields(chest(3, pneumonia=False, side=128))
    assert lungs.shape == (SIDE, SIDE)
    assert lungs[SIDE // 2, int(0.3 * SIDE)]
    assert lungs[SIDE // 2, int(0.7 * SIDE)]
    assert not lungs[SIDE // 2, SIDE // 2]
    assert 0.1 < lungs.mean() < 0.45


def test_a_lung_white_with_disease_is_part_of_the_lungs() -> None:
    film = chest(3, pneumonia=False, side=128)
    lungs = lung_fields(film)
    white = film.copy()
    white[SIDE // 2 :, SIDE // 2 :] = np.maximum(white[SIDE // 2 :, SIDE // 2 :], 200)
    lower = np.zeros((SIDE, SIDE), bool)
    lower[SIDE // 2 :, SIDE // 2 :] = True
    assert (lung_fields(white) & lower).sum() > 0.7 * (lungs & lower).sum()


def test_a_blank_film_gets_ellipses() -> None:
    assert 0.1 < lung_fields(np.full((90, 70), 100, np.uint8)).mean() < 0.5


def test_the_share_of_the_heat_inside() -> None:
    lungs = np.zeros((SIDE, SIDE), bool)
    lungs[:, : SIDE // 2] = True
    heat = np.zeros((16, 16), np.float32)
    heat[4:8, 2:5] = 1
    assert share_inside(heat, lungs) == pytest.approx(1, abs=0.01)
    assert share_inside(heat[:, ::-1], lungs) == pytest.approx(0, abs=0.01)
    assert share_inside(np.zeros((4, 4), np.float32), lungs) is None
