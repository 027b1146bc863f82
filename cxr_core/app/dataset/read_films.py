"""Films of a data set read with the default model: the readings that disagree with the label come first."""

from typing import Any

import pandas as pd
import streamlit as st

from cxr_core.app.dataset.film_grid import COLUMNS, show_grid
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.datasets.index import Index
from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.imaging.decode import read_film
from cxr_core.labels import PNEUMONIA, VERDICTS
from cxr_core.models.registry import find_model

MOST_FILMS = 500
_CLASS_OF = {"pneumonia": "PNEUMONIA", "normal": "NORMAL"}


def read_with_model(index: Index, films: pd.DataFrame) -> None:
    """Read the films, rows of the index, and keep the readings for this session, by the model's version and sha256."""
    from cxr_core.inference.pipeline import predict_sources

    usable = films[films["fault"] == ""].head(MOST_FILMS)
    try:
        predictor = predictor_with_spinner(find_model())
        readings = _readings(predictor.model.version)
        new = usable[~usable["sha256"].isin(list(readings))]
        slot = st.empty()
        paths = [index.root / path for path in new["path"]]
        for done, found in enumerate(predict_sources(paths, read_film, predictor), start=1):
            sha256 = new["sha256"].iloc[done - 1]
            if isinstance(found, UnreadableFilm):
                readings[sha256] = ("not_assessable", None)
            else:
                reading = predictor.decide(found.prediction)
                readings[sha256] = (reading.verdict, reading.probability)
            slot.progress(done / len(new), f"{done:,} of {len(new):,} films read")
        slot.empty()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
    if len(films) > MOST_FILMS:
        st.caption(f"The first {MOST_FILMS} of {len(films):,} films are read at a time; choose fewer, or use Evaluate.")


def show_readings(index: Index, films: pd.DataFrame) -> None:
    """Draw the readings of those films that were read in this session, disagreements with the label first."""
    try:
        readings = _readings(find_model().version)
    except CXRError:
        return
    rows = films[films["sha256"].isin(list(readings))]
    if rows.empty:
        return
    table = ordered_readings(rows, readings)
    against = table[table["Disagrees"]]
    with st.expander(
        f"Readings of {len(table):,} films; {len(against):,} disagree with the label",
        icon=":material/radiology:",
        expanded=True,
    ):
        shown = table.drop(columns=["path", "sha256"])
        st.dataframe(shown, hide_index=True, alt="Readings of the films, disagreements first", key="film_readings")
        if len(against):
            notes = dict(zip(against["sha256"], "read as " + against["Reading"].str.lower(), strict=True))
            first = index.films.set_index("path", drop=False).loc[against["path"].head(COLUMNS)]
            show_grid(index, first, "disagreements", notes, row_of_films=against["path"].tolist())


def ordered_readings(films: pd.DataFrame, readings: dict[str, tuple[str, float | None]]) -> pd.DataFrame:
    """A row for each film, those whose verdict is the other class first, the surest of them on top.

    films: rows of an index, each with an entry (verdict, probability or None) in `readings` by its sha256.
    """
    verdicts = [readings[sha256][0] for sha256 in films["sha256"]]
    table = pd.DataFrame(
        {
            "File": films["file"].to_numpy(),
            "Label": films["label"].to_numpy(),
            "Reading": [VERDICTS[verdict] for verdict in verdicts],  # type: ignore[index]
            "Probability": pd.array([readings[sha256][1] for sha256 in films["sha256"]], dtype="Float64"),
            "Patient": films["patient"].to_numpy(),
            "path": films["path"].to_numpy(),
            "sha256": films["sha256"].to_numpy(),
        }
    )
    table["Disagrees"] = [
        verdict in _CLASS_OF and (_CLASS_OF[verdict] == PNEUMONIA) != (label == PNEUMONIA)
        for verdict, label in zip(verdicts, table["Label"], strict=True)
    ]
    surprise = (table["Probability"] - (table["Label"] == PNEUMONIA)).abs().fillna(-1.0)
    order = pd.DataFrame({"disagrees": table["Disagrees"], "surprise": surprise})
    return table.loc[order.sort_values(["disagrees", "surprise"], ascending=False, kind="stable").index]


def _readings(version: str) -> dict[str, Any]:
    found: dict[str, Any] = st.session_state.setdefault(f"readings_{version}", {})
    return found
