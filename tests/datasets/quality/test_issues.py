"""Every kind of fault is found and named, and nothing else is."""

import io
import json
import os

import numpy as np
import pytest
from PIL import Image

from cxr_core.datasets.index import build_index
from cxr_core.datasets.quality.issues import find_issues, tally
from cxr_core.datasets.quality.duplicates import near_duplicates
from cxr_core.datasets.quality.pixel_statistics import look, unseen
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.thumbnails import thumbnail
from tests.support.faulty_data_set import good_films, make_trouble
from tests.support.synthetic_films import encoded, jpeg, write


def faults(index, looks=None) -> dict[str, set[str]]:
    findings = [found for found in find_issues(index, looks) if len(found.films)]
    return {found.name: set(found.films["path"].map(os.path.basename)) for found in findings}


@pytest.fixture
def trouble(tmp_path):
    return make_trouble(tmp_path / "set")


def test_forty_kinds_of_trouble_are_each_named(trouble):
    index = build_index(trouble)
    (trouble / "train/PNEUMONIA/vanishes.jpeg").unlink()
    found = faults(index, look(index))
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


def test_names_of_every_kind_are_films(trouble):
    films = build_index(trouble).films.set_index("file")
    whole = [
        "with  spaces .jpeg",
        "рентген 胸片.jpeg",
        "<b>:red[$x$]<b>.jpeg",
        "two\nlines.jpeg",
        "UPPER.JPEG",
        "link.jpeg",
    ]
    whole += ["no ending", "png.jpeg", "deep.jpeg", "inside.jpeg", "palette.png", "sixteen.png", "transparent.png"]
    assert films.loc[whole, "fault"].eq("").all()
    assert not set(films.index) & {".DS_Store", "Thumbs.db", "._a.jpeg"}


def test_a_set_without_faults_has_none(tmp_path):
    index = build_index(write(tmp_path / "set", dict(good_films())))
    findings = find_issues(index, look(index))
    assert len(findings) == 12
    assert not any(len(found.films) for found in findings)


def test_a_tally_is_json_and_counts_films_and_groups(trouble):
    told = tally(find_issues(build_index(trouble)))
    assert json.loads(json.dumps(told)) == told
    assert {name: told[name]["films"] for name in ("empty", "truncated", "tiny")} == {
        "empty": 1,
        "truncated": 4,
        "tiny": 1,
    }
    duplicates = told["exact_duplicates"]
    assert duplicates["films"] == len(duplicates["list"])
    assert duplicates["groups"] == len({row["group"] for row in duplicates["list"]}) >= 3
    assert told["empty"]["groups"] == 0
    assert told["empty"]["list"][0]["path"] == "train/NORMAL/empty.jpeg"


def test_the_demo_sets_faults_are_those_of_its_manifest(demo_set):
    index = build_index(demo_set)
    found = faults(index, look(index))
    names = {"empty", "not_an_image", "truncated", "exact_duplicates", "two_splits", "tiny", "colour", "inverted"}
    assert set(found) - {"near_duplicates"} == names  # two drawn siblings are hard to tell apart


def test_looks_are_kept_by_content(tmp_path):
    films = dict(good_films(6))
    index = build_index(write(tmp_path / "here", films))
    assert unseen(index) == 6
    first = look(index)
    moved = build_index(write(tmp_path / "there", films))
    assert unseen(moved) == 0
    again = look(moved)
    assert np.array_equal(first.thumbnails, again.thumbnails)
    assert first.table.equals(again.table)


def test_a_look_that_is_stopped_keeps_what_it_saw(tmp_path, monkeypatch):
    from cxr_core.datasets.quality import pixel_statistics as look_module

    monkeypatch.setattr(look_module, "_TOLD_EVERY", 2)
    index = build_index(write(tmp_path / "set", dict(good_films(8))))

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(index, stop)
    assert unseen(index) == 6


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((150, 150)),
        lambda image: image.point(lambda v: min(255, int(v * 1.15 + 8))),
        lambda image: image.point(lambda v: int(v * 0.8)),
        lambda image: image.crop((2, 2, image.width - 2, image.height - 2)),
    ],
    ids=["resized", "brighter", "darker", "trimmed"],
)
def test_the_same_picture_in_other_bytes_is_a_near_duplicate(tmp_path, change):
    films = dict(good_films(12))
    changed = change(Image.open(io.BytesIO(good_films(1)[0][1])).convert("L"))
    root = write(tmp_path / "set", films | {"train/NORMAL/again.jpeg": encoded(changed, "JPEG", quality=70)})
    index = build_index(root)
    found = {name: paths for name, paths in faults(index, look(index)).items() if name == "near_duplicates"}
    assert found["near_duplicates"] == {"again.jpeg", os.path.basename(good_films(1)[0][0])}  # noqa: PTH119


def test_near_duplicates_of_nothing():
    none = np.zeros((0, 64, 64), np.uint8)
    assert near_duplicates(np.zeros(0, np.uint64), none, np.zeros(0, str)) == []
    blank = np.zeros((2, 64, 64), np.uint8)
    assert near_duplicates(np.zeros(2, np.uint64), blank, np.array(["a", "b"])) == []


def test_no_different_films_are_near_duplicates(real_films):
    index = build_index(real_films / "chest_xray_full_size")
    assert "near_duplicates" not in faults(index, look(index))


def test_thumbnails_of_large_and_small_films(tmp_path):
    write(tmp_path, {"large.jpeg": jpeg(1, (2000, 1500)), "small.jpeg": jpeg(1, (40, 30)), "bad.jpeg": b"x"})
    assert thumbnail(tmp_path / "large.jpeg", 200)[0].shape == (150, 200)
    assert thumbnail(tmp_path / "small.jpeg", 200)[0].shape == (30, 40)
    for name in ("bad.jpeg", "gone.jpeg"):
        with pytest.raises(UnreadableFilm, match=name):
            thumbnail(tmp_path / name, 200)
