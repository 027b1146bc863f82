"""Splits keep patients together, have the given fractions and are the same for the same seed."""

import os
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.leakage import patient_leakage
from cxr_core.datasets.split import grouped_split, official_split, read_split, save_split, saved_splits, write_split
from cxr_core.errors import DataSetError, SettingsError
from tests.support.synthetic_films import kaggle_folder, write


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A set of 156 films, indexed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(tmp_path_factory.mktemp("home")))
        return build_index(kaggle_folder(tmp_path_factory.mktemp("set")))


@pytest.fixture
def films(index) -> pd.DataFrame:
    return index.films.copy()


def test_patients_are_kept_together_and_fractions_are_reached(films):
    split = grouped_split(films, (0.6, 0.2, 0.2), seed=3)
    assert split.groupby(films["patient"]).nunique().max() == 1
    shares = split.value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.6, abs=0.04)
    assert shares["val"] == pytest.approx(0.2, abs=0.04)
    assert patient_leakage(films["patient"], split) == 0


def test_the_split_is_stratified_by_kind(films):
    split = grouped_split(films)
    table = pd.crosstab(films["kind"], split, normalize="index")
    assert table["train"].between(0.6, 0.8).all()


def test_the_same_seed_gives_the_same_split(films):
    assert grouped_split(films, seed=1).equals(grouped_split(films, seed=1))
    assert not grouped_split(films, seed=1).equals(grouped_split(films, seed=2))


def test_a_split_by_image_leaks(films):
    split = grouped_split(films, group="image")
    assert patient_leakage(films["patient"], split) > 0.3


def test_films_with_a_fault_are_left_out(films):
    films.loc[films.index[:5], "fault"] = "is empty"
    assert grouped_split(films).tolist()[:5] == [""] * 5
    assert official_split(films).tolist()[:5] == [""] * 5


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.5, 0.6, -0.1), (0.5, 0.2, 0.2), (float("nan"), 0.5, 0.5)])
def test_fractions_that_do_not_add_up_are_refused(films, fractions):
    with pytest.raises(SettingsError, match="add up to 1"):
        grouped_split(films, fractions)


def test_an_unknown_group_is_refused(films):
    with pytest.raises(SettingsError, match="patient, image"):
        grouped_split(films, group="hospital")


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
    reader, writer = os.pipe()
    with os.fdopen(reader) as read:
        write_split(films, official_split(films), Path(f"/dev/fd/{writer}"))
        os.close(writer)
        assert read.read() == (tmp_path / "split.csv").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,part\na,b\n", "has the columns file, part"),
        ("path,split\na,training\n", "'training'; accepted are train, val, test"),
        ("path,split\na,train\na,test\n", "lists a twice"),
        ("path,split\nnothing,train\n", "none of the data set's films"),
        ("", "not a readable table"),
    ],
)
def test_a_table_that_is_not_a_split_is_refused(films, tmp_path, text, message):
    file = write(tmp_path, {"split.csv": text.encode()}) / "split.csv"
    with pytest.raises(DataSetError, match=message):
        read_split(films, file)


def test_saved_splits_are_found_again(index):
    assert saved_splits(index) == []
    file = save_split(index, grouped_split(index.films), "seed 0")
    assert saved_splits(index) == [file]
    assert read_split(index.films, file).equals(grouped_split(index.films))
    with pytest.raises(SettingsError, match="letters, digits"):
        save_split(index, grouped_split(index.films), "../escape")
