"""The gate refuses what is not an upright frontal chest film, corrects inverted grey scale, and names the check."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.errors import WorkError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film
from cxr_core.inference.gate.gate import INVERSION_CORRECTED, SHIPPED, Gate, shipped_gate
from cxr_core.inference.gate.pixel_checks import check_pixels
from cxr_core.models.registry import list_models
from cxr_core.training.gate import synthetic
from tests.support.open_gate import film_of


@pytest.fixture(scope="module")
def chests() -> list[Film]:
    return [read_film(path) for path in sample_films()]


def test_frontal_films_are_admitted_unchanged(chests: list[Film]) -> None:
    admissions = shipped_gate().admit(chests)
    assert [one.refusal for one in admissions] == [None] * len(chests)
    assert all(one.film is chest for one, chest in zip(admissions, chests, strict=True))


def test_an_inverted_grey_scale_is_corrected_and_reported(chests: list[Film]) -> None:
    (admission,) = shipped_gate().admit([film_of(255 - chests[0].pixels)])
    assert admission.refusal is None
    assert admission.notes == (INVERSION_CORRECTED,)
    assert np.array_equal(admission.film.pixels, chests[0].pixels)


def test_an_inverted_film_is_refused_for_what_is_wrong_with_it_the_right_way_round(chests: list[Film]) -> None:
    dim = [film.pixels // 2 for film in chests]
    refusals = [one.refusal for one in shipped_gate().admit([film_of(255 - pixels) for pixels in dim])]
    assert refusals == [check_pixels(pixels).refusal for pixels in dim]
    assert None not in refusals


@pytest.mark.parametrize(
    ("degrade", "check"),
    [
        (np.rot90, "orientation"),
        (lambda p: np.rot90(p, 3), "orientation"),
        (np.flipud, "orientation"),
        (lambda p: p[:, : p.shape[1] // 2], "cut"),
        (lambda p: p // 8, "exposure"),
        (lambda p: np.clip(p.astype(int) * 4, 0, 255).astype(np.uint8), "exposure"),
        (lambda p: p[::5, ::5], "size"),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 0.01 * p.shape[1]), "blur"),
        (lambda p: cv2.resize(cv2.resize(p, (70, 70), interpolation=cv2.INTER_AREA), (900, 800)), "blur"),
        (lambda p: np.full_like(p, 90), "blank"),
    ],
)
def test_a_degraded_film_is_refused_by_the_check_it_fails(
    chests: list[Film], degrade: Callable[[np.ndarray], np.ndarray], check: str
) -> None:
    admissions = shipped_gate().admit([film_of(degrade(one.pixels)) for one in chests])
    checks = [one.refusal.check if one.refusal else None for one in admissions]
    assert checks.count(check) >= len(chests) - 1
    assert None not in checks


def test_synthetic_pictures_are_refused() -> None:
    rng = np.random.default_rng(11)
    admissions = shipped_gate().admit([film_of(synthetic.synthetic_picture(rng, 160)) for _ in range(60)])
    assert all(one.refusal and one.refusal.reason.endswith(".") for one in admissions)


def test_the_result_does_not_depend_on_the_batch(chests: list[Film]) -> None:
    noise = film_of(synthetic.noise(np.random.default_rng(0), 100))
    together = shipped_gate().admit([noise, chests[0], noise])
    assert [bool(one.refusal) for one in together] == [True, False, True]
    assert together[1].distance == pytest.approx(shipped_gate().admit([chests[0]])[0].distance, rel=1e-4)


def test_no_films_give_no_results() -> None:
    assert shipped_gate().admit([]) == []


def test_the_gate_is_small_and_not_listed_as_a_model() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 3_000_000
    assert "gate_model" not in [model.name for model in list_models()]


def test_a_changed_gate_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "gate")
    with (tmp_path / "gate" / "model.tflite").open("ab") as file:
        file.write(b"x")
    with pytest.raises(WorkError, match="is not the gate"):
        Gate(tmp_path / "gate")
    with pytest.raises(WorkError, match="cannot be loaded"):
        Gate(tmp_path / "nowhere")


def test_the_adult_film_and_the_limb_of_pydicom(real_films: Path) -> None:
    data = pytest.importorskip("pydicom.data")
    chest, limb = (read_film(data.get_testdata_file(name)) for name in ("RG1_UNCR.dcm", "RG3_UNCR.dcm"))
    of_chest, of_limb = shipped_gate().admit([chest, limb])
    assert of_chest.refusal is None
    assert of_limb.refusal is not None


def test_photographs_are_refused_in_colour_and_in_grey(real_films: Path) -> None:
    photos = [read_film(path) for path in sorted((real_films / "not_chest_xray" / "photos").iterdir())[::15]]
    grey = [dataclasses.replace(one, source=dataclasses.replace(one.source, colour=False)) for one in photos]
    assert all(one.refusal for one in shipped_gate().admit(photos + grey))
