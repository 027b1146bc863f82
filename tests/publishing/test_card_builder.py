"""A card says of whom its model was trained, and nothing it does not know."""

from pathlib import Path

from cxr_core.datasets.demo import SHIPPED, sample_films
from cxr_core.publishing.card_builder import describe_use
from tests.support.synthetic_chests import write_data_set


def test_synthetic_films_are_said_to_be(tmp_path: Path) -> None:
    paths = [film.relative_to(SHIPPED).as_posix() for film in sample_films()]
    said = describe_use(SHIPPED, paths, 0.5)
    assert "synthetic" in said["intended_use"]
    assert "Any real film" in said["not_for"]


def test_films_with_kaggle_names_are_of_that_data_set(tmp_path: Path) -> None:
    root = write_data_set(tmp_path / "data", patients=2)
    paths = [film.relative_to(root).as_posix() for film in root.rglob("*.jpeg")]
    said = describe_use(root, paths, 0.742)
    assert "children" in said["intended_use"]
    assert any("Kermany" in line for line in said["limits"])
    assert any("74%" in line for line in said["limits"])


def test_films_of_unknown_origin_are_not_given_one(tmp_path: Path) -> None:
    said = describe_use(tmp_path, ["NORMAL/a.png", "PNEUMONIA/b.png"], 0.5)
    assert "Kermany" not in str(said)
    assert "children" not in said["intended_use"]
