"""Every kind of fault is found and named, and nothing else is."""

import json
import os
from pathlib import Path

import pytest

from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.quality.issues import find_issues, issues_to_json
from cxr_core.datasets.quality.pixel_statistics import compute_pixel_statistics
from tests.support.faulty_data_set import good_films, write_faulty_data_set
from tests.support.synthetic_films import write


def files_by_issue(index: Index) -> dict[str, set[str]]:
    """The file names of each issue that has films."""
    issues = [issue for issue in find_issues(index, compute_pixel_statistics(index)) if len(issue.films)]
    return {issue.name: set(issue.films["path"].map(os.path.basename)) for issue in issues}


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    return write_faulty_data_set(tmp_path / "set")


def test_forty_kinds_of_fault_are_each_named(faulty):
    index = build_index(faulty)
    (faulty / "train/PNEUMONIA/vanishes.jpeg").unlink()
    found = files_by_issue(index)
    assert found["empty"] == {"empty.jpeg"}
    assert found["not_an_image"] == {"text.jpeg", "document.jpeg", "archive.jpeg", "animation.jpeg"}
    assert found["truncated"] == {"truncated.jpeg", "truncated.png", "truncated.bmp", "truncated.webp"}
    unreadable = {"strip.png", "bomb.png", "report.dcm", "loop", "dead link.jpeg", "link to itself.jpeg", "pipe.jpeg"}
    unreadable |= {"latin1 \ufffd.jpeg"} | ({"locked.jpeg"} if os.geteuid() else set())
    assert found["unreadable"] == unreadable
    assert found["undecodable"] == {"vanishes.jpeg", "damaged.png"}
    assert {"copy.jpeg", "copy in test.jpeg", "copy of a normal one.jpeg", "link.jpeg"} < found["exact_duplicates"]
    assert "copy of a normal one.jpeg" in found["two_classes"]
    assert {"saved again.jpeg", "resized.png"} < found["near_duplicates"]
    assert "person9021_bacteria_7.jpeg" in found["two_splits"]
    assert found["tiny"] == {"tiny.jpeg"}
    assert found["colour"] == {"colour.jpeg", "print.jpeg"}
    assert found["inverted"] == {"inverted.jpeg"}
    notes = " ".join(index.notes)
    for note in ("val/PNEUMONIA/ is empty.", "val has no NORMAL folder.", "stray.jpeg", "COVID", "notes"):
        assert note in notes


def test_files_with_unusual_names_are_films(faulty):
    films = build_index(faulty).films.set_index("file")
    good = [
        "with  spaces .jpeg",
        "рентген 胸片.jpeg",
        "<b>:red[$x$]<b>.jpeg",
        "two\nlines.jpeg",
        "UPPER.JPEG",
        "link.jpeg",
    ]
    good += ["no ending", "png.jpeg", "deep.jpeg", "inside.jpeg", "palette.png", "sixteen.png", "transparent.png"]
    assert films.loc[good, "fault"].eq("").all()
    assert not set(films.index) & {".DS_Store", "Thumbs.db", "._a.jpeg"}


def test_a_set_without_faults_has_none(tmp_path):
    index = build_index(write(tmp_path / "set", dict(good_films())))
    issues = find_issues(index, compute_pixel_statistics(index))
    assert len(issues) == 12
    assert not any(len(issue.films) for issue in issues)


def test_issues_as_json_count_films_and_groups(faulty):
    document = issues_to_json(find_issues(build_index(faulty)))
    assert json.loads(json.dumps(document)) == document
    assert {name: document[name]["films"] for name in ("empty", "truncated", "tiny")} == {
        "empty": 1,
        "truncated": 4,
        "tiny": 1,
    }
    duplicates = document["exact_duplicates"]
    assert duplicates["films"] == len(duplicates["list"])
    assert duplicates["groups"] == len({row["group"] for row in duplicates["list"]}) >= 3
    assert document["empty"]["groups"] == 0
    assert document["empty"]["list"][0]["path"] == "train/NORMAL/empty.jpeg"


def test_the_faults_of_the_demo_set_are_those_of_its_manifest(demo_set):
    index = build_index(demo_set)
    found = files_by_issue(index)
    names = {"empty", "not_an_image", "truncated", "exact_duplicates", "two_splits", "tiny", "colour", "inverted"}
    assert set(found) - {"near_duplicates"} == names  # generated films of one patient may be near duplicates
