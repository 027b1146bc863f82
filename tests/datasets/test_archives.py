"""Archives are unpacked to folders; harmful ones are refused."""

import io
import shutil
import zipfile

import numpy as np
import pytest

from cxr_core.datasets import archives
from cxr_core.datasets.archives import unpack
from cxr_core.datasets.index import build_index
from cxr_core.datasets.summary import summarise
from cxr_core.errors import DataSetError
from tests.support.synthetic_films import jpeg


def zip_file(path, files: dict[str, bytes], compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


FILMS = {
    "chest_xray/chest_xray/train/NORMAL/IM-1-1.jpeg": jpeg(1),
    "chest_xray/chest_xray/train/PNEUMONIA/person1_virus_1.jpeg": jpeg(2),
    "chest_xray/__MACOSX/train/NORMAL/._IM-1-1.jpeg": b"x",
    "chest_xray/chest_xray/.DS_Store": b"x",
}


def medmnist_file(path, films: int = 6, **changed):
    """An `.npz` in MedMNIST's form; changed: arrays that replace those of the same name."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split in ("train", "val", "test"):
        arrays[f"{split}_images"] = rng.integers(0, 256, (films, 28, 28), np.uint8)
        arrays[f"{split}_labels"] = np.arange(films).reshape(-1, 1) % 2
    np.savez_compressed(path, **arrays | changed)
    return path


def test_a_zip_is_a_data_set(tmp_path, cxr_home):
    archive = zip_file(tmp_path / "films.zip", FILMS)
    index = build_index(archive)
    assert index.films["label"].tolist() == ["NORMAL", "PNEUMONIA"]
    assert index.root.is_relative_to(cxr_home)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films.zip", "home"]
    assert build_index(archive).files_read == 0


def test_a_medmnist_file_is_a_data_set(tmp_path):
    reports = []
    index = build_index(medmnist_file(tmp_path / "pneumoniamnist.npz"), lambda *report: reports.append(report))
    assert summarise(index)["splits"]["val"]["classes"] == {"NORMAL": 3, "PNEUMONIA": 3}
    assert reports[-1][0] == reports[-1][1]
    assert (index.films[["width", "height"]] == 28).all(axis=None)


@pytest.mark.parametrize("name", ["../../escape.jpeg", "/etc/escape.jpeg", "a/../../b.jpeg", "C:/b.jpeg", "..\\b.jpeg"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, cxr_home, name):
    archive = zip_file(tmp_path / "bad.zip", FILMS | {name: jpeg(3)})
    with pytest.raises(DataSetError, match="leads out of its folder"):
        unpack(archive)
    assert not list(cxr_home.rglob("*.jpeg"))


def test_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("train/NORMAL/link.jpeg")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataSetError, match="is a link"):
        unpack(tmp_path / "bad.zip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, cxr_home):
    archive = zip_file(tmp_path / "bomb.zip", {"train/NORMAL/a.jpeg": bytes(50_000_000)})
    with pytest.raises(DataSetError, match="too much for a film"):
        unpack(archive)
    assert not [path for path in cxr_home.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_zip_that_declares_too_small_a_size_is_refused(tmp_path):
    buffer = io.BytesIO()
    zip_file(buffer, {"train/NORMAL/a.jpeg": bytes(range(256)) * 40})
    data = buffer.getvalue()
    size = (256 * 40).to_bytes(4, "little")
    (tmp_path / "wrong size.zip").write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DataSetError, match=r"damaged|more bytes than it declares"):
        unpack(tmp_path / "wrong size.zip")


def test_a_truncated_zip_is_refused(tmp_path, cxr_home):
    archive = zip_file(tmp_path / "films.zip", FILMS)
    archive.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(DataSetError, match="damaged or incomplete"):
        unpack(archive)
    assert [path.suffix for path in (cxr_home / "data").iterdir()] == [".lock"]


def test_a_zip_with_a_damaged_film_is_refused(tmp_path):
    archive = zip_file(tmp_path / "films.zip", FILMS, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[data.index(b"\xff\xd8") + 100] ^= 255
    archive.write_bytes(data)
    with pytest.raises(DataSetError, match=r"films\.zip: a damaged or incomplete archive; download it again"):
        unpack(archive)


def test_a_full_disk_is_reported_before_anything_is_written(tmp_path, monkeypatch):
    archive = zip_file(tmp_path / "films.zip", FILMS)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DataSetError, match=r"0\.0 GB are free"):
        unpack(archive)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_images": np.zeros((6, 28, 28, 3), np.uint8)}, "accepted is uint8"),
        ({"train_images": np.zeros((6, 28, 28), np.float32)}, "accepted is uint8"),
        ({"train_labels": np.full((6, 1), 7)}, "other than 0 and 1"),
        ({"train_labels": np.zeros((5, 1), int)}, "with 5 labels"),
        ({"train_images": np.array([{}] * 6)}, "Python objects"),
    ],
)
def test_arrays_of_another_type_are_refused(tmp_path, changed, message):
    with pytest.raises(DataSetError, match=message):
        unpack(medmnist_file(tmp_path / "a.npz", **changed))


def test_arrays_of_other_names_are_listed(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(DataSetError, match="holds x; accepted are train_images"):
        unpack(tmp_path / "a.npz")


def test_a_file_that_is_not_an_archive_is_refused(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    with pytest.raises(DataSetError, match="damaged or incomplete"):
        unpack(tmp_path / "a.zip")
    with pytest.raises(DataSetError, match="No such file"):
        unpack(tmp_path / "nothing.zip")
