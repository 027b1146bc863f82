"""The gate tells children from adults where the film does."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from cxr_core.errors import WorkError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.gate_input import AGE_CELLS, SIDE, age_inputs
from cxr_core.inference.gate.age_group import AgeGroups
from cxr_core.inference.gate.gate import SHIPPED, Gate, shipped_gate
from tests.support.open_gate import film_of


def test_cells_are_means_of_the_film_and_features_follow() -> None:
    picture = np.zeros((1, SIDE, SIDE), np.uint8)
    picture[0, :4, 4:8] = 255
    inputs = age_inputs(picture, np.array([[7.0, 8.0]]))
    assert inputs.shape == (1, AGE_CELLS**2 + 2)
    assert inputs[0, 1] == 1
    assert inputs[0].sum() == 16


def test_between_the_limits_neither_is_told() -> None:
    weights = np.zeros(AGE_CELLS**2 + 1)
    weights[-1] = 1
    ages = AgeGroups(weights, 0.0, child_to=13.0, adult_from=32.0)
    features = np.log([[3.0], [13.0], [13.1], [31.9], [32.1], [80.0]])
    pictures = np.zeros((6, SIDE, SIDE), np.uint8)
    assert ages.tell(pictures, features) == ["child", "child", None, None, "adult", "adult"]


def test_a_refused_picture_has_no_age_group() -> None:
    (admission,) = shipped_gate().admit([film_of(np.full((80, 80), 7, np.uint8))])
    assert admission.refusal
    assert admission.age_group is None


def test_missing_weights_are_named(tmp_path: Path) -> None:
    folder = shutil.copytree(SHIPPED, tmp_path / "gate")
    (folder / "age.npz").unlink()
    with pytest.raises(WorkError, match="cannot be loaded"):
        Gate(folder)


def test_real_films_of_two_hospitals(real_films: Path) -> None:
    adults = sorted((real_films / "rsna_adults" / "normal").glob("*.jpg"))[:30]
    children = sorted((real_films / "chest_xray_full_size" / "train").glob("*/*.jpeg"))[:30]
    told = [
        [one.age_group for one in shipped_gate().admit([read_film(path) for path in films])]
        for films in (adults, children)
    ]
    assert told[0].count("adult") >= 15
    assert told[0].count("child") <= 2
    assert told[1].count("child") >= 25
    assert told[1].count("adult") <= 2
