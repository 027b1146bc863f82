"""Several data sets as one index; films of neither class; boxes."""

from pathlib import Path

import numpy as np
import pytest

from cxr_core.datasets.boxes import find_boxes, mask_of, read_boxes
from cxr_core.datasets.index import build_index
from cxr_core.datasets.sources import data_sets, merged
from cxr_core.datasets.split import grouped_split, read_split, write_split
from cxr_core.errors import DataSetError
from tests.support.synthetic_chests import write_adults, write_data_set


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sources")
    write_data_set(root / "children", patients=6)
    write_adults(root / "adults", patients=6)
    return root


def test_two_data_sets_are_two_sources_with_patients_of_their_own(places: Path) -> None:
    index = build_index([places / "children", places / "adults" / "films.csv"])
    assert index.root == places
    assert set(index.films["source"]) == {"children", "adults"}
    assert all((places / path).is_file() for path in index.films["path"])
    assert index.films.groupby("patient")["source"].nunique().max() == 1
    assert data_sets(index) == [places / "children", places / "adults" / "films.csv"]


def test_one_data_set_is_itself(places: Path) -> None:
    index = build_index(places / "children")
    assert merged([index]) is index
    assert data_sets(index) == [places / "children"]
    assert set(index.films["source"]) == {"children"}


def test_a_file_in_two_data_sets_is_refused(places: Path) -> None:
    with pytest.raises(DataSetError, match="two of the data sets"):
        build_index([places / "children", places / "children"])
    with pytest.raises(DataSetError, match="No data set"):
        merged([])


def test_a_second_source_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        write_data_set(tmp_path / parent / "films", patients=1, films_each=1)
    index = build_index([tmp_path / "a" / "films", tmp_path / "b" / "films"])
    assert set(index.films["source"]) == {"films", "films-2"}


def test_the_third_class_comes_from_the_table_beside_and_is_never_normal(places: Path) -> None:
    index = build_index(places / "adults" / "films.csv")
    other = index.films[index.films["label"] == "OTHER"]
    assert len(other) == 6
    assert set(other["kind"]) == {"other"}
    assert any("neither class" in note for note in index.notes)
    assert set(index.films["view"]) == {"AP", "PA"}


def test_a_table_may_name_source_and_the_third_class_itself(places: Path, tmp_path: Path) -> None:
    table = places / "adults" / "own.csv"
    rows = [f"normal/{n}.png,{label},{source}" for n, (label, source) in enumerate([("0", "a"), ("other", "b")])]
    table.write_text("\n".join(["path,label,source", *rows]) + "\n")
    films = build_index(table).films
    assert films.loc[films["label"] == "OTHER", "source"].tolist()[0] == "b"
    table.unlink()


def test_a_split_holds_its_fractions_within_each_source(places: Path) -> None:
    films = build_index([places / "children", places / "adults" / "films.csv"]).films
    split = grouped_split(films, (0.5, 0.5, 0.0))
    for _, of_source in films.groupby("source"):
        assert 0.3 < (split[of_source.index] == "train").mean() < 0.7


def test_a_split_of_several_sources_finds_the_films_of_one(places: Path, tmp_path: Path) -> None:
    both = build_index([places / "children", places / "adults" / "films.csv"])
    split = grouped_split(both.films, (0.5, 0.5, 0.0))
    write_split(both.films, split, tmp_path / "split.csv")
    one = build_index(places / "adults" / "films.csv")
    found = read_split(one.films, tmp_path / "split.csv")
    wanted = split[both.films["source"] == "adults"]
    assert found.tolist() == wanted.tolist()


def test_boxes_are_found_beside_the_data_set_by_their_name(places: Path) -> None:
    index = build_index([places / "children", places / "adults" / "films.csv"])
    boxes = find_boxes(index)
    assert set(boxes) == set(index.films.query("source == 'adults' and label == 'PNEUMONIA'")["path"])
    assert next(iter(boxes.values())).shape == (1, 4)
    assert set(find_boxes(build_index(places / "children"))) == set()


def test_a_mask_covers_its_boxes() -> None:
    mask = mask_of(np.array([[0.25, 0.5, 0.5, 0.25]], np.float32), 8)
    assert mask.sum() == 255 * 4 * 2
    assert mask[4:6, 2:6].all()
    assert not mask_of(np.zeros((0, 4), np.float32), 8).any()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("path,x,y,width\na.png,0,0,1\n", "no column height"),
        ("path,x,y,width,height\na.png,0,0,1.5,1\n", "line 2"),
        ("path,x,y,width,height\na.png,0,0,0,1\n", "line 2"),
        ("path,x,y,width,height\na.png,0,0,nought,1\n", "line 2"),
    ],
)
def test_a_bad_table_of_boxes_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "boxes.csv").write_text(text)
    with pytest.raises(DataSetError, match=reason):
        read_boxes(tmp_path / "boxes.csv")
    with pytest.raises(DataSetError, match=r"missing\.csv: cannot be read: No such file"):
        read_boxes(tmp_path / "missing.csv")
