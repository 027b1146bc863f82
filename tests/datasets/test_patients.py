"""Films of one patient are recognised by number, by series and by content."""

import pandas as pd

from cxr_core.datasets.index import build_index
from tests.support.synthetic_films import index_once, jpeg, write


def test_files_with_the_same_bytes_are_of_one_patient(tmp_path):
    root = write(tmp_path, {"NORMAL/IM-1-1.jpeg": jpeg(1), "NORMAL/IM-2-1.jpeg": jpeg(1), "NORMAL/x.jpeg": jpeg(2)})
    patients = build_index(root).films["patient"].tolist()
    assert patients[0] == patients[1] != patients[2] == "NORMAL/x.jpeg"


def test_our_patients_are_the_publishers(real_films):
    published = pd.read_csv(real_films / "publisher_patient_ids.csv", dtype=str).drop_duplicates()
    films = index_once(real_films / "chest_xray").films.merge(published, on="file", validate="many_to_one")
    assert len(films) == 5206  # 26 exact duplicates are listed under the first one's name
    assert films.groupby("patient")["patient_id"].nunique().max() == 1
    assert films.groupby("patient_id")["patient"].nunique().max() == 1
