"""What a model is worth elsewhere, from its card."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cxr_core.inference.elsewhere import worth_elsewhere
from cxr_core.models.registry import Model, find_model


def source(name: str, sensitivity: float | None, specificity: float, **more: Any) -> dict[str, Any]:
    values = {"sensitivity": sensitivity, "specificity": specificity}
    rates = {name: {"value": value, "n": 100, "why": "none"} for name, value in values.items()}
    return {"source": name, "films": 100, "figures": rates} | more


def model(*sources: dict[str, Any], values: tuple[float, float] | None = (0.97, 0.95), folder: Path = Path()) -> Model:
    own = source("", *values)["figures"] if values else {}
    figures = {"measured_on": "", "by_source": list(sources), "values": own}
    return replace(find_model().described(figures=figures), folder=folder)


def test_a_hospital_that_it_was_not_trained_on_is_named() -> None:
    far = source("B", 0.91, 0.92, unseen=True, other={"share": {"value": 0.4, "n": 9, "why": "none"}})
    assert worth_elsewhere(model(source("A", 0.5, 0.5), far, source("C", 0.95, 0.95, unseen=True))) == (
        "At a hospital it was not trained on (B) it finds 91 of 100 and raises a false alarm in 8 of 100 normal films, "
        "and in 40 of 100 with another disease."
    )


def test_without_one_the_sentence_says_so() -> None:
    text = worth_elsewhere(model(source("A", 0.999, 0.9), source("B", 0.99, 0.999), source("C", None, 0.1)))
    assert text.startswith("Never measured at a hospital it was not trained on: expect less there. At A, the harder")
    assert "finds over 99 of 100 and raises a false alarm in 10 of 100" in text
    assert "finds 97 of 100 and raises a false alarm in 5 of" in worth_elsewhere(model())
    assert worth_elsewhere(model(values=None)) == ""


def test_fits_that_left_a_hospital_out_speak_of_other_hospitals_the_worst_of_them(tmp_path: Path) -> None:
    rows = ["fold,source,films,auroc,sensitivity,specificity", "a,A,9,0.9,0.75,0.91", "b,B,9,0.8,0.69,0.77"]
    (tmp_path / "sources.csv").write_text("\n".join(rows))
    assert worth_elsewhere(model(source("A", 0.99, 0.99), folder=tmp_path)) == (
        "At a hospital it was not trained on, expect less: trained the same way without B, there it finds 69 of 100 "
        "and raises a false alarm in 23 of 100 normal films."
    )


@pytest.mark.parametrize(
    "damaged", [b"", b"\xff\xfe", b"source,films\nA,9", b"source,films,auroc,sensitivity,specificity\nA,9,2,1,1\n"]
)
def test_a_damaged_table_of_them_is_passed_over(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "sources.csv").write_bytes(damaged)
    assert worth_elsewhere(model(folder=tmp_path)).startswith("Never measured")
