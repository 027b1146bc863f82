"""Kind, number and series are read from file names."""

import pytest

from cxr_core.datasets.kermany_names import identify


@pytest.mark.parametrize(
    ("name", "kind", "number", "series"),
    [
        ("person12_bacteria_45.jpeg", "bacterial", "person12", "person12_bacteria"),
        ("person12_virus_46.jpeg", "viral", "person12", "person12_virus"),
        ("PERSON7_VIRUS_1.JPEG", "viral", "person7", "person7_virus"),
        ("IM-0115-0001.jpeg", "normal", "IM-0115", "IM-0115"),
        ("NORMAL2-IM-0115-0001.jpeg", "normal", "IM-0115", "NORMAL2-IM-0115"),
        ("NORMAL2-IM-0529-0001-0002.jpeg", "normal", "IM-0529", "NORMAL2-IM-0529"),
        ("BACTERIA-7422-0001.jpeg", "bacterial", "7422", "BACTERIA-7422"),
        ("VIRUS-7422-0003.jpeg", "viral", "7422", "VIRUS-7422"),
        ("NORMAL-28501-0001.jpeg", "normal", "28501", "NORMAL-28501"),
        ("NORMAL-film.jpeg", "", "", ""),
        ("thorax.jpeg", "", "", ""),
        ("", "", "", ""),
        ("person_bacteria_1.jpeg", "", "", ""),
    ],
)
def test_kind_number_and_series(name, kind, number, series):
    assert identify(name) == (kind, number, series)
