"""Similar films: the films of the open data set that are nearest to the film on screen, each with its label."""

from __future__ import annotations

from decimal import Decimal
from html import escape as escaped
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.app.diagnose.language import error_text
from cxr_core.app.diagnose.language import translated as _
from cxr_core.app.diagnose.viewer import screen_jpeg
from cxr_core.app.model_cache import predictor_with_spinner
from cxr_core.errors import CXRError
from cxr_core.imaging.decode import read_film
from cxr_core.inference.reading import Reading
from cxr_core.labels import NORMAL, OTHER, PNEUMONIA
from cxr_core.languages import message
from cxr_core.models.registry import Model, find_model

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index
    from cxr_core.inference.similar_films import FeatureIndex

SHOWN = 6
LABELS = {NORMAL: message("normal"), PNEUMONIA: message("pneumonia"), OTHER: message("other")}
CACHED_INDEXES = 4


def show_similar(reading: Reading, model: Model) -> None:
    """The nearest films, or a message that says what is missing."""
    source = st.session_state.get("data_folder")
    if reading.prediction is None or reading.prediction.features is None:
        st.caption(_("The model did not read this film, so there are no features to compare."))
        return
    if not source:
        st.caption(_("Open a data set on the Dataset page to see its films that are most similar to this one."))
        return
    from cxr_core.app.index_cache import index_with_progress  # imports pandas: not before the first page is drawn

    try:
        index = index_with_progress(source)
        with st.spinner(_("Computing the features of the data set.")):
            features = _features(model.name, model.version, index.fingerprint, index)
        nearest = features.nearest(reading.prediction.features, SHOWN, leave_out=reading.sha256)
        trained_on = model.card.training.fingerprint == index.fingerprint
        st.caption(
            _(
                "The films of the data set that this model was trained on with the most similar network features. "
                "Distance 1 is the typical distance between two films."
            )
            if trained_on
            else _(
                "The films of the open data set with the most similar network features. "
                "Distance 1 is the typical distance between two films."
            )
        )
        with st.grid(SHOWN, min_column_width=110, gap="xsmall"):
            for number, film in enumerate(nearest, start=1):
                picture = screen_jpeg(read_film(index.root / film.path).pixels, side=240)
                label, distance = LABELS[film.label], Decimal(f"{film.distance:.2f}")
                alt = _(
                    "Similar film {number}, labelled {label}, distance {distance}",
                    number=number,
                    label=label,
                    distance=distance,
                )
                st.image(
                    picture, caption=_("{label}, {distance}", label=label, distance=distance), alt=alt, width="stretch"
                )
    except CXRError as error:
        st.html(f"<p>{escaped(error_text(error))}</p>")


@st.cache_resource(show_spinner=False, max_entries=CACHED_INDEXES)
def _features(name: str, version: str, fingerprint: str, _index: Index) -> FeatureIndex:
    """The features of a data set's films, shared by all sessions."""
    from cxr_core.inference.similar_films import FeatureIndex

    return FeatureIndex(predictor_with_spinner(find_model(name), _("Loading the model.")), _index)
