"""A CSV table with its films is a data set."""

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.split import grouped_split
from cxr_core.errors import DataSetError
from tests.support.synthetic_films import jpeg, write


def table(tmp_path, text: str):
    write(tmp_path, {"films/a.jpg": jpeg(1), "films/b.jpg": jpeg(2), "films/c.jpg": jpeg(3)})
    return write(tmp_path, {"films.csv": text.encode("utf-8-sig")}) / "films.csv"


def test_a_table_is_a_data_set(tmp_path):
    file = table(
        tmp_path,
        "Path,Label,patient,split\nfilms/a.jpg,0,p1,training\nfilms\\b.jpg,Pneumonia,p1,test\nfilms/c.jpg,1,,\n",
    )
    index = build_index(file)
    films = index.films
    assert (index.root, index.source) == (tmp_path, file)
    assert films["path"].tolist() == ["films/a.jpg", "films/b.jpg", "films/c.jpg"]
    assert films["label"].tolist() == ["NORMAL", "PNEUMONIA", "PNEUMONIA"]
    assert films["split"].tolist() == ["train", "test", ""]
    assert films["kind"].tolist() == ["normal", "unknown", "unknown"]
    assert films["patient"].nunique() == 2  # p1 is one patient in both splits
    split = grouped_split(films)
    assert split.groupby(films["patient"]).nunique().max() == 1


@pytest.mark.parametrize(
    ("line", "label", "split", "patients"),
    [
        ("films/b.jpg,0,p2,test", "NORMAL", "test", 2),
        ("films/b.jpg,1,p2,train", "PNEUMONIA", "train", 2),
        ("films/b.jpg,1,p1,test", "PNEUMONIA", "test", 1),
    ],
)
def test_a_changed_row_is_noticed_though_no_file_changed(tmp_path, line, label, split, patients):
    start = "path,label,patient,split\nfilms/a.jpg,0,p1,train\n"
    file = table(tmp_path, start + "films/b.jpg,1,p2,test\n")
    build_index(file)
    file.write_text(start + line)
    for _ in range(2):
        index = build_index(file)
        assert index.files_read == 0
        assert index.films.loc[1, ["label", "split"]].tolist() == [label, split]
        assert index.films["patient"].nunique() == patients


def test_a_missing_film_has_a_fault(tmp_path):
    films = build_index(table(tmp_path, "path,label\nfilms/a.jpg,0\nfilms/z.jpg,1\n")).films
    assert films["fault"].tolist() == ["", "cannot be read: No such file or directory"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na,0\n", "has no column path"),
        ("path,label\n", "lists no film"),
        ("path,label\nfilms/a.jpg,0\nfilms/b.jpg,maybe\n", "line 3: label 'maybe'; accepted are NORMAL and PNEUMONIA"),
        ("path,label,split\nfilms/a.jpg,0,holdout\n", "line 2: split 'holdout'"),
        ("path,label\n../secret.jpg,0\n", "below the table's folder"),
        ("path,label\n/etc/passwd,0\n", "below the table's folder"),
        ("path,label\nfilms/a.jpg,0\nfilms/a.jpg,1\n", "line 3: path 'films/a.jpg'; accepted are each path once"),
        ("", "not a readable table"),
        ('path,label\n"films/a.jpg,0\n', "not a readable table"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(DataSetError, match=message):
        build_index(table(tmp_path, text))


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(DataSetError, match="No such file"):
        build_index(tmp_path / "nothing.csv")
