"""Tables that leave the app: CSV that no spreadsheet takes for formulas, without pseudonyms of patients.

A spreadsheet runs text that begins with one of FORMULA_START. Such text gets an apostrophe in front; `read_table` in
`limits.py` removes it again.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from cxr_core.limits import FORMULA_START

if TYPE_CHECKING:
    import pandas as pd

PSEUDONYM = "dicom-"
"""The beginning of a patient's pseudonym, see `patient_key.py`."""


def guarded(value: object) -> object:
    """The value with an apostrophe in front if it is text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(FORMULA_START) else value


def rows_to_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """A CSV with a header and one line for each row; text is guarded, columns that are not named are left out."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: guarded(value) for name, value in row.items()} for row in rows)
    return stream.getvalue()


def table_to_csv(table: "pd.DataFrame", index: bool = False, float_format: str | None = None) -> str:
    """A CSV of a table; text is guarded. index: whether the row names are its first columns."""
    return str((table.reset_index() if index else table).map(guarded).to_csv(index=False, float_format=float_format))


def without_pseudonyms(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with patients of DICOM films numbered in order of appearance: still grouped, no longer linkable."""
    if "patient" not in table:
        return table
    patients = table["patient"].astype(str)
    known = dict.fromkeys(name for name in patients if name.startswith(PSEUDONYM))
    numbers = {name: f"patient-{number}" for number, name in enumerate(known, start=1)}
    return table.assign(patient=table["patient"].where(~patients.isin(numbers), patients.map(numbers)))
