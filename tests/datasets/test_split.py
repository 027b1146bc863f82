"""Splits keep a patient together, fill their fractions and come out the same each time."""

import os
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.leakage import leak, random_split_leak, siblings
from cxr_core.datasets.split import grouped_split, official_split, read_split, save_split, saved_splits, write_split
from cxr_core.errors import DataSetError, SettingsError
from tests.support.synthetic_films import index_once, kaggle_folder, write


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A set of 156 films, indexed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(tmp_path_factory.mktemp("home")))
        return build_index(kaggle_folder(tmp_path_factory.mktemp("set")))


@pytest.fixture
def films(made) -> pd.DataFrame:
    return made.films.copy()


def test_no_patient_is_parted_and_fractions_are_filled(films):
    split = grouped_split(films, (0.6, 0.2, 0.2), seed=3)
    assert split.groupby(films["patient"]).nunique().max() == 1
    shares = split.value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.6, abs=0.04)
    assert shares["val"] == pytest.approx(0.2, abs=0.04)
    assert leak(films["patient"], split) == 0


def test_every_kind_is_in_every_part(films):
    split = grouped_split(films)
    table = pd.crosstab(films["kind"], split, normalize="index")
    assert table["train"].between(0.6, 0.8).all()


def test_the_seed_decides(films):
    assert grouped_split(films, seed=1).equals(grouped_split(films, seed=1))
    assert not grouped_split(films, seed=1).equals(grouped_split(films, seed=2))


def test_a_split_by_image_leaks(films):
    split = grouped_split(films, group="image")
    assert leak(films["patient"], split) > 0.3


def test_films_with_a_fault_are_left_out(films):
    films.loc[films.index[:5], "fault"] = "is empty"
    assert grouped_split(films).tolist()[:5] == [""] * 5
    assert official_split(films).tolist()[:5] == [""] * 5


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.5, 0.6, -0.1), (0.5, 0.2, 0.2), (float("nan"), 0.5, 0.5)])
def test_fractions_that_do_not_add_up_are_refused(films, fractions):
    with pytest.raises(SettingsError, match="add up to 1"):
        grouped_split(films, fractions)


def test_an_unknown_group_is_refused(films):
    with pytest.raises(SettingsError, match="patient and image"):
        grouped_split(films, group="ward")


def test_a_split_is_read_as_it_was_written(films, tmp_path):
    split = grouped_split(films)
    write_split(films, split, tmp_path / "split.csv")
    assert read_split(films, tmp_path / "split.csv").equals(split)


def test_a_split_is_written_to_a_pipe_and_replaces_only_files(films, tmp_path):
    split = grouped_split(films)
    write_split(films, split, tmp_path / "split.csv")
    (tmp_path / "link.csv").symlink_to("split.csv")
    write_split(films, official_split(films), tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    come, go = os.pipe()
    with os.fdopen(come) as read:
        write_split(films, official_split(films), Path(f"/dev/fd/{go}"))
        os.close(go)
        assert read.read() == (tmp_path / "split.csv").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,part\na,b\n", "has the columns file, part"),
        ("path,split\na,training\n", "'training'; accepted are train, val, test"),
        ("path,split\na,train\na,test\n", "names a twice"),
        ("path,split\nnothing,train\n", "none of the data set's films"),
        ("", "not a readable split table"),
    ],
)
def test_a_strange_split_table_is_refused(films, tmp_path, text, says):
    file = write(tmp_path, {"split.csv": text.encode()}) / "split.csv"
    with pytest.raises(DataSetError, match=says):
        read_split(films, file)


def test_saved_splits_are_found_again(made):
    assert saved_splits(made) == []
    file = save_split(made, grouped_split(made.films), "seed 0")
    assert saved_splits(made) == [file]
    assert read_split(made.films, file).equals(grouped_split(made.films))
    with pytest.raises(SettingsError, match="letters, digits"):
        save_split(made, grouped_split(made.films), "../escape")


def test_siblings_are_counted():
    found = siblings(pd.Series(["a", "a", "b", "", ""]))
    assert (found["films"], found["patients"], found["films_with_sibling"]) == (5, 4, 2)
    assert found["share_with_sibling"] == pytest.approx(0.4)
    assert siblings(pd.Series([], dtype=str))["share_with_sibling"] == 0


def test_the_leak_of_a_random_split_agrees_with_arithmetic():
    pairs = pd.Series([f"p{i // 2}" for i in range(4000)])  # every film has one sibling, in training at 70%
    found = random_split_leak(pairs)
    assert found["mean"] == pytest.approx(0.7, abs=0.01)
    assert found["low"] < found["mean"] < found["high"]
    assert random_split_leak(pd.Series([str(i) for i in range(50)]))["mean"] == 0
    assert random_split_leak(pd.Series([], dtype=str))["draws"] == 0


def test_the_real_films_leak_as_published(real_films):
    films = index_once(real_films / "chest_xray").films
    assert 0.35 < random_split_leak(films["series"])["mean"] < 0.41
    assert 0.59 < random_split_leak(films["patient"])["mean"] < 0.66
    assert leak(films["series"], grouped_split(films)) == 0
    assert leak(films["patient"], grouped_split(films)) == 0
