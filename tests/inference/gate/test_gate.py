"""The gate refuses what is no upright frontal chest film, turns inverted ones right, and names the failed check."""

import dataclasses
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.datasets.demo import sample_films
from cxr_core.errors import WorkError
from cxr_core.imaging.decode import read_film
from cxr_core.imaging.film import Film, Provenance
from cxr_core.imaging.gate_input import SIDE, gate_input
from cxr_core.inference.gate.gate import INVERSION_CORRECTED, SHIPPED, Gate, shipped_gate
from cxr_core.inference.gate.pixel_checks import check_pixels, detail
from cxr_core.models.registry import list_models
from cxr_core.training.gate import synthetic, views


def film(pixels: np.ndarray, colour: bool = False) -> Film:
    height, width = pixels.shape
    return Film(np.ascontiguousarray(pixels), "film.png", "0" * 64, Provenance("PNG", width, height, 8, colour))


@pytest.fixture(scope="module")
def chests() -> list[Film]:
    return [read_film(path) for path in sample_films()]


def test_films_pass_and_are_the_films_that_came(chests: list[Film]) -> None:
    said = shipped_gate().admit(chests)
    assert [one.refusal for one in said] == [None] * len(chests)
    assert all(one.film is came for one, came in zip(said, chests, strict=True))


def test_an_inverted_film_is_turned_right_and_said_to_be(chests: list[Film]) -> None:
    (said,) = shipped_gate().admit([film(255 - chests[0].pixels)])
    assert said.refusal is None
    assert said.notes == (INVERSION_CORRECTED,)
    assert np.array_equal(said.film.pixels, chests[0].pixels)


@pytest.mark.parametrize(
    ("spoil", "check"),
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
def test_a_spoilt_film_is_refused_by_the_check_it_fails(chests: list[Film], spoil, check: str) -> None:
    said = shipped_gate().admit([film(spoil(one.pixels)) for one in chests])
    checks = [one.refusal.check if one.refusal else None for one in said]
    assert checks.count(check) >= len(chests) - 1
    assert None not in checks


def test_what_is_made_of_nothing_is_refused() -> None:
    rng = np.random.default_rng(11)
    said = shipped_gate().admit([film(synthetic.synthetic_picture(rng, 160)) for _ in range(60)])
    assert all(one.refusal for one in said)
    assert all(one.refusal.sentence.endswith(".") for one in said if one.refusal)


def test_the_answer_does_not_hang_on_the_company(chests: list[Film]) -> None:
    noise = film(synthetic.noise(np.random.default_rng(0), 100))
    together = shipped_gate().admit([noise, chests[0], noise])
    assert [bool(one.refusal) for one in together] == [True, False, True]
    assert together[1].distance == pytest.approx(shipped_gate().admit([chests[0]])[0].distance, rel=1e-4)


def test_no_film_is_no_question() -> None:
    assert shipped_gate().admit([]) == []


def test_the_gate_is_small_and_no_model_for_diagnosis() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 3_000_000
    assert "gate_model" not in [model.name for model in list_models()]


def test_a_changed_gate_is_refused(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED, tmp_path / "gate")
    with (tmp_path / "gate" / "model.keras").open("ab") as file:
        file.write(b"x")
    with pytest.raises(WorkError, match="is not the gate"):
        Gate(tmp_path / "gate")
    with pytest.raises(WorkError, match="cannot be loaded"):
        Gate(tmp_path / "nowhere")


def test_an_ordinary_film_passes_the_checks_of_its_pixels(chests: list[Film]) -> None:
    assert [check_pixels(one.pixels) for one in chests] == [None] * len(chests)


def test_detail_hangs_on_blur_and_hardly_on_exposure_or_size(chests: list[Film]) -> None:
    for pixels in (one.pixels for one in chests):
        softer = [detail(cv2.GaussianBlur(pixels, (0, 0), part * pixels.shape[1])) for part in (0.002, 0.004, 0.008)]
        assert detail(pixels) > softer[0] > softer[1] > softer[2]
        assert detail((pixels * 0.6 + 30).astype(np.uint8)) == pytest.approx(detail(pixels), abs=0.03)
        large = cv2.resize(pixels, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        assert detail(large) == pytest.approx(detail(pixels), abs=0.05)


def test_views_are_repeatable_and_cut_views_lose_lung() -> None:
    picture = synthetic.clouds(np.random.default_rng(1), 128)
    for draw in (views.frontal, views.cut, views.other, views.shuffled, views.sideways):
        one, again = (draw(picture, np.random.default_rng(7)) for _ in range(2))
        assert one.shape == (SIDE, SIDE)
        assert one.dtype == np.uint8
        assert np.array_equal(one, again)
    assert views.visible_lungs(0, 0, 1, 1) == pytest.approx(1)
    assert views.visible_lungs(0, 0, 1, 0.45) == pytest.approx(0.5)
    assert views.visible_lungs(0.9, 0.9, 1, 1) == 0


def test_exposure_does_not_decide() -> None:
    picture = synthetic.clouds(np.random.default_rng(2), 200)
    dark = (picture * 0.4 + 20).astype(np.uint8)
    assert np.abs(gate_input(picture).astype(int) - gate_input(dark)).mean() < 4


def test_the_adult_film_and_the_limb_of_pydicom(real_films: Path) -> None:
    data = pytest.importorskip("pydicom.data")
    chest, limb = (read_film(data.get_testdata_file(name)) for name in ("RG1_UNCR.dcm", "RG3_UNCR.dcm"))
    said = shipped_gate().admit([chest, limb])
    assert said[0].refusal is None
    assert said[1].refusal is not None


def test_colour_asks_for_more(real_films: Path) -> None:
    photos = [read_film(path) for path in sorted((real_films / "not_chest_xray" / "photos").iterdir())[::15]]
    grey = [dataclasses.replace(one, source=dataclasses.replace(one.source, colour=False)) for one in photos]
    assert all(one.refusal for one in shipped_gate().admit(photos + grey))
