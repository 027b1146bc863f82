"""A card describes the training films of its model, as far as they are known."""

from pathlib import Path

from cxr_core.datasets.demo import DEMO_FILMS, sample_films
from cxr_core.publishing.card_builder import describe_use
from tests.support.synthetic_chests import write_data_set


def test_synthetic_films_are_called_synthetic() -> None:
    paths = [film.relative_to(DEMO_FILMS).as_posix() for film in sample_films()]
    entries = describe_use(DEMO_FILMS, paths, 0.5)
    assert "synthetic" in entries["intended_use"]
    assert "Any real film" in entries["not_for"]


def test_films_with_kaggle_names_are_taken_to_be_from_that_data_set(tmp_path: Path) -> None:
    root = write_data_set(tmp_path / "data", patients=2)
    paths = [film.relative_to(root).as_posix() for film in root.rglob("*.jpeg")]
    entries = describe_use(root, paths, 0.742)
    assert "children" in entries["intended_use"]
    assert any("Kermany" in line for line in entries["limits"])
    assert any("74%" in line for line in entries["limits"])


def test_films_of_unknown_source_get_no_source(tmp_path: Path) -> None:
    entries = describe_use(tmp_path, ["NORMAL/a.png", "PNEUMONIA/b.png"], 0.5)
    assert "Kermany" not in str(entries)
    assert "children" not in entries["intended_use"]
