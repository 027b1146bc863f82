"""Local evidence for pneumonia: where it is, whether it fits its network, and its file."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.inference.explain.heatmap import heatmap_of
from cxr_core.inference.explain.local_evidence import MIN_CORRELATION, LocalEvidence, read_local_evidence
from cxr_core.publishing.fit_heatmap import fit_local_evidence

REGION = np.s_[2:4, 5:7]

Pair = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def films() -> Pair:
    """Noise of 8 x 8 pixels, and the same with REGION brighter: normal and pneumonia, `uint8 (60, 8, 8)`."""
    rng = np.random.default_rng(0)
    normal, pneumonia = rng.normal(100, 10, (2, 60, 8, 8))
    pneumonia[:, *REGION] += 40
    pneumonia[:, REGION[0], [1, 2]] += 40  # its mirror image, because fitting uses mirrored films too
    return normal.astype(np.uint8), pneumonia.astype(np.uint8)


def feature_map_of(films: np.ndarray) -> np.ndarray:
    """A feature map of three channels: the grey value, its square, and a constant."""
    grey = films.astype(np.float32)[..., None] / 100
    return np.concatenate([grey, grey**2, np.full_like(grey, 3)], axis=-1)


@pytest.fixture(scope="module")
def local(films: Pair) -> LocalEvidence:
    return fit_local_evidence(feature_map_of, *films)


def test_the_evidence_favours_pneumonia_where_films_with_pneumonia_differ(films: Pair, local: LocalEvidence) -> None:
    normal, pneumonia = films
    for_normal, for_pneumonia = (local.evidence(feature_map_of(side)) for side in (normal, pneumonia))
    assert for_normal.shape == (60, 8, 8)
    assert np.mean(for_pneumonia[:, *REGION] > 0) > 0.9
    assert np.mean(for_normal[:, *REGION] < 0) > 0.9
    assert np.median(for_pneumonia.max(axis=(1, 2))) == pytest.approx(local.reference, rel=0.2)


def test_the_heat_is_at_a_bright_region(films: Pair, local: LocalEvidence) -> None:
    film = films[0][:1].copy()
    film[:, *REGION] = 140
    evidence, mirrored = (local.evidence(feature_map_of(side))[0] for side in (film, film[:, :, ::-1]))
    heat = heatmap_of(evidence, mirrored, local.reference)
    inside = np.zeros((8, 8), bool)
    inside[REGION] = True
    assert heat[inside].mean() > 3 * heat[~inside].mean()


def test_features_of_other_weights_are_not_correlated(films: Pair, local: LocalEvidence) -> None:
    assert local.correlation(feature_map_of(films[1])).min() > MIN_CORRELATION
    rng = np.random.default_rng(0)
    assert local.correlation(rng.normal(size=(20, 8, 8, 3)).astype(np.float32)).max() < MIN_CORRELATION
    assert local.correlation(np.zeros((1, 8, 8, 3), np.float32)) == 0


def test_a_saved_fit_is_read_back(local: LocalEvidence, films: Pair, tmp_path: Path) -> None:
    local.save(tmp_path / "evidence.npz")
    features = feature_map_of(films[1])
    assert np.array_equal(read_local_evidence(tmp_path / "evidence.npz").evidence(features), local.evidence(features))


@pytest.mark.parametrize("content", [None, b"", b"not an archive", "truncated", "incomplete"])
def test_a_damaged_file_is_reported(content: bytes | str | None, local: LocalEvidence, tmp_path: Path) -> None:
    file = tmp_path / "local_evidence.npz"
    if content == "truncated":
        local.save(file)
        file.write_bytes(file.read_bytes()[:-1])
    elif content == "incomplete":
        np.savez(file, centre=local.centre)
    elif isinstance(content, bytes):
        file.write_bytes(content)
    with pytest.raises(WorkError, match=r"local_evidence\.npz"):
        read_local_evidence(file)
