"""UIDs of results and keys of instances."""

from cxr_core.hospital.identity import instance_key, key_of_file, result_uid
from tests.support.hospital.radiographs import as_bytes, radiograph


def test_the_uid_of_a_result_depends_on_instance_model_and_part_alone() -> None:
    first = result_uid("1.2.3", "v1", "report")
    assert first == result_uid("1.2.3", "v1", "report") == "2.25.116049906091744229799961318928274835627"
    others = [result_uid("1.2.4", "v1", "report"), result_uid("1.2.3", "v2", "report"), result_uid("1.2.3", "v1", "x")]
    assert len({first, *others}) == 4
    assert all(uid.is_valid and len(uid) <= 44 for uid in others)


def test_a_key_names_nobody_and_is_that_of_the_file() -> None:
    film = radiograph(1)
    key = instance_key(film.SOPInstanceUID)
    assert len(key) == 24
    assert key_of_file(as_bytes(film)) == key
    assert film.SOPInstanceUID not in key
