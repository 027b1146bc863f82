"""The pointing game and the share of the heat in boxes."""

import numpy as np
import pytest

from cxr_core.inference.explain.evidence_map import EvidenceMap, read_evidence_map
from cxr_core.inference.explain.localisation import hottest_in_box, localisation, share_in_boxes
from cxr_core.models.registry import find_model

LEFT_HALF = np.float32([[0, 0, 0.5, 1]])


def heat_at(row: int, column: int) -> np.ndarray:
    heat = np.full((4, 4), 0.1, np.float32)
    heat[row, column] = 1
    return heat


def test_the_hottest_cell_points_with_its_centre() -> None:
    assert hottest_in_box(heat_at(0, 1), LEFT_HALF)
    assert not hottest_in_box(heat_at(0, 2), LEFT_HALF)
    assert hottest_in_box(heat_at(3, 3), np.float32([[0, 0, 0.1, 0.1], [0.8, 0.8, 0.2, 0.2]]))
    assert not hottest_in_box(np.zeros((4, 4), np.float32), np.float32([[0, 0, 1, 1]]))


def test_the_share_of_the_heat_counts_cells_by_their_cover() -> None:
    even = np.ones((4, 4), np.float32)
    share, area = share_in_boxes(even, LEFT_HALF)
    assert share == pytest.approx(0.5, abs=0.01)
    assert area == pytest.approx(0.5, abs=0.01)
    assert share_in_boxes(np.zeros((4, 4), np.float32), LEFT_HALF)[0] is None


def test_films_without_heat_are_misses() -> None:
    told = localisation([heat_at(0, 0), np.zeros((4, 4), np.float32)], [LEFT_HALF, LEFT_HALF])
    assert told["pointing"] == 0.5
    assert told["films"] == 2
    assert told["heat_over_area"] == pytest.approx(told["heat_in_boxes"] / 0.5, rel=0.02)


def test_heat_is_none_where_a_cell_speaks_for_normal_and_one_at_most() -> None:
    shown = EvidenceMap(slope=2.0, intercept=-1.0)
    cells = np.float32([[0.5, 0.0], [10.0, 1.5]])
    heat = shown.heat(cells, cells[:, ::-1])
    assert heat[0].tolist() == [0, 0]  # a likelihood ratio of 1 and less
    assert heat[1, 0] == pytest.approx(1, abs=1e-3)
    assert heat[1, 1] == pytest.approx(np.tanh(1.0), abs=1e-6)


def test_the_mirror_image_counts_half() -> None:
    cells = np.float32([[4.0, 0.0]])
    heat = EvidenceMap(1.0, 0.0).heat(cells, np.float32([[0.0, 0.0]]))
    assert heat[0, 0] == pytest.approx(np.tanh(1.0), abs=1e-6)


def test_heat_is_in_proportion_where_the_answer_is_the_mean_of_the_cells() -> None:
    shown = EvidenceMap(slope=2.0, intercept=-1.0, mean=True)
    cells = np.float32([[0.5, 0.0], [4.5, 2.5]])  # x = 0, -1, 8, 4
    heat = shown.heat(cells, cells[:, ::-1])
    assert heat[0].tolist() == [0, 0]
    assert heat[1, 0] == pytest.approx(np.tanh(4.0), abs=1e-6)
    assert heat[1, 1] == pytest.approx(heat[1, 0] / 2, abs=1e-6)
    assert not shown.heat(np.full((2, 2), -3, np.float32), np.full((2, 2), -3, np.float32)).any()


def test_a_card_without_cells_or_of_an_earlier_version_has_no_scale_to_read() -> None:
    card = find_model().card
    assert read_evidence_map(card.changed(heatmap=None)) is None
    assert read_evidence_map(card.changed(heatmap={"method": "local", "sha256": "0"})) is None
    heatmap = {"method": "map", "layer": "evidence", "slope": 1, "intercept": 0.5, "shown": False}
    assert read_evidence_map(card.changed(heatmap=heatmap)) == EvidenceMap(1.0, 0.5, shown=False)
    heatmap |= {"layer": "logit", "pooling": "mean"}
    assert read_evidence_map(card.changed(heatmap=heatmap)) == EvidenceMap(1.0, 0.5, shown=False, mean=True)
