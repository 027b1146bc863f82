"""The summary that `index` prints is exact and JSON-ready."""

import json

import pytest

from cxr_core.datasets.index import build_index
from cxr_core.datasets.summary import summarise, summary_lines
from tests.support.synthetic_films import index_once, jpeg, write


@pytest.fixture
def summary(tmp_path):
    files = {
        "train/NORMAL/IM-1-1.jpeg": jpeg(1),
        "train/NORMAL/NORMAL2-IM-1-1.jpeg": jpeg(2),
        "train/PNEUMONIA/person1_bacteria_1.jpeg": jpeg(3),
        "train/PNEUMONIA/person1_bacteria_2.jpeg": jpeg(4),
        "train/PNEUMONIA/person1_virus_3.jpeg": jpeg(5),
        "test/PNEUMONIA/person1_virus_4.jpeg": jpeg(6),
        "test/NORMAL/IM-9-1.jpeg": jpeg(7),
        "test/NORMAL/IM-9-2.jpeg": jpeg(7),
        "val/NORMAL/IM-1-9.jpeg": jpeg(8),
        "val/NORMAL/bad.jpeg": b"",
    }
    return summarise(build_index(write(tmp_path / "set", files)))


def test_it_is_json(summary):
    assert json.loads(json.dumps(summary)) == summary


def test_counts(summary):
    assert summary["films"] == 10
    assert summary["splits"]["train"]["classes"] == {"NORMAL": 2, "PNEUMONIA": 3}
    assert summary["splits"]["test"]["kinds"] == {"normal": 2, "viral": 1}
    assert summary["faults"] == [{"path": "val/NORMAL/bad.jpeg", "fault": "is empty"}]


def test_duplicates(summary):
    assert (summary["duplicate_groups"], summary["duplicate_files"]) == (1, 2)
    assert summary["duplicates"] == [["test/NORMAL/IM-9-1.jpeg", "test/NORMAL/IM-9-2.jpeg"]]
    assert summary["duplicate_groups_across_splits"] == summary["duplicate_groups_across_classes"] == 0


def test_films_of_the_same_patient_by_both_rules(summary):
    both = summary["siblings"]["train_and_test"]
    by_kind, by_number = both["by_kind_and_number"], both["by_number_within_split"]
    # IM-1, NORMAL2-IM-1, person1_bacteria (2 films), person1_virus (2, one in each split), IM-9 (2)
    assert (by_kind["films"], by_kind["patients"], by_kind["films_with_sibling"]) == (8, 5, 6)
    # train/IM-1 (2), train/person1 (3), test/person1 (1), test/IM-9 (2)
    assert (by_number["patients"], by_number["films_with_sibling"]) == (4, 7)
    assert by_number["share_with_sibling"] == pytest.approx(7 / 8)
    assert by_kind["our_split_leak"] == by_number["our_split_leak"] == 0
    # `val` was taken from the published `train`: its IM-1 is the same child
    assert summary["siblings"]["all"]["by_number_within_split"]["films"] == 10
    assert summary["siblings"]["all"]["by_number_within_split"]["patients"] == 5


def test_names_of_the_published_test_split(tmp_path):
    names = {
        "train/PNEUMONIA/person1_bacteria_": ["1", "2"],  # another child than the test split's person1
        "train/NORMAL/": ["IM-0115-0001", "NORMAL2-IM-0115-0001"],  # one child by number, two by kind and number
        "val/PNEUMONIA/person1946_bacteria_": ["4874"],
        "val/NORMAL/NORMAL2-IM-1427-": ["0001"],
        "test/NORMAL/": ["IM-0001-0001", "NORMAL2-IM-0007-0001"],
        "test/PNEUMONIA/": [
            *("person1_virus_6", "person1_virus_7"),
            *("person100_bacteria_475", "person100_bacteria_477", "person100_virus_184"),
        ],
    }
    paths = [f"{start}{end}.jpeg" for start, ends in names.items() for end in ends]
    root = write(tmp_path / "set", {path: jpeg(seed) for seed, path in enumerate(paths)})
    found = summarise(build_index(root))
    assert found["patients"] == 8
    assert found["patients_in_two_splits"] == []
    by_kind, by_number = (
        found["siblings"]["train_and_test"][rule] for rule in ("by_kind_and_number", "by_number_within_split")
    )
    assert (by_kind["films"], by_kind["patients"], by_kind["films_with_sibling"]) == (11, 8, 6)
    assert (by_number["films"], by_number["patients"], by_number["films_with_sibling"]) == (11, 6, 9)
    lines = "\n".join(summary_lines(found))
    assert "films of the same patient, train and test films:" in lines
    assert "by kind and number: 8 patients, 54.5% of films are of a patient with several" in lines
    assert "by number within split: 6 patients, 81.8% of films are of a patient with several" in lines


def test_patients_in_two_splits_are_listed(summary):
    assert {row["patient"]: row["splits"] for row in summary["patients_in_two_splits"]} == {
        "IM-1": ["train", "val"],
        "person1_virus": ["test", "train"],
    }


def test_the_films_of_the_same_patient_in_the_real_data_set(real_films):
    siblings = summarise(index_once(real_films / "chest_xray"))["siblings"]["all"]
    assert siblings["by_number_within_split"]["patients"] == 2650
    assert siblings["by_kind_and_number"]["share_with_sibling"] == pytest.approx(0.4218, abs=1e-4)
    assert siblings["by_kind_and_number"]["random_split_leak"]["mean"] == pytest.approx(0.377, abs=0.005)
    assert siblings["by_number_within_split"]["random_split_leak"]["mean"] == pytest.approx(0.632, abs=0.005)
    assert siblings["by_number_within_split"]["our_split_leak"] == 0
