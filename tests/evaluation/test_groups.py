"""Subgroups by kind, size, contrast, films per patient and DICOM header."""

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.groups import film_groups, group_table
from cxr_core.models.registry import Model
from tests.support.synthetic_evaluations import synthetic_evaluation


def test_groups_depend_on_the_columns_that_are_known(model: Model) -> None:
    groups, notes = film_groups(synthetic_evaluation(model))
    assert len(groups) >= 6
    assert all(chosen.dtype == bool and chosen.shape == (60,) for chosen in groups.values())
    plain = synthetic_evaluation(model)
    few = Evaluation(plain.record, plain.films[["file", "label", "score", "patient"]])
    assert "bacterial" in film_groups(few)[1][0]
    dicom = plain.films.assign(age=["030M"] * 30 + ["070Y"] * 30, sex="F", view="PA", manufacturer="")
    names = set(film_groups(Evaluation(plain.record, dicom))[0])
    assert {"Age 1 to 5 years", "Age 18 years and over", "Sex F", "View PA"} <= names
    assert notes == [] or all(isinstance(note, str) for note in notes)


def test_the_table_has_a_row_per_group_with_intervals(model: Model) -> None:
    evaluation = synthetic_evaluation(model)
    table, _ = group_table(evaluation)
    assert table["Group"].tolist() == list(film_groups(evaluation)[0])
    assert " to " in table["Sensitivity"].iloc[0]
