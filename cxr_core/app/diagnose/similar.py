"""Similar films: those of the data set in use that lie nearest to the film on screen, each with its label."""

from __future__ import annotations

from html import escape as escaped
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.app.diagnose.viewer import for_screen
from cxr_core.app.model_cache import reader
from cxr_core.errors import CXRError
from cxr_core.imaging.decode import read_film
from cxr_core.inference.reading import Reading
from cxr_core.models.registry import Model

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index
    from cxr_core.inference.similar_films import FeatureIndex

SHOWN = 6
KEPT_INDEXES = 4


def show_similar(reading: Reading, model: Model) -> None:
    """The nearest films, or what is needed to see them."""
    source = st.session_state.get("data_folder")
    if reading.findings is None or reading.findings.features is None:
        st.caption("This film was not read, so none can be said to be like it.")
        return
    if not source:
        st.caption("Open a data set on the Dataset page; its films nearest to this one are then shown here.")
        return
    from cxr_core.app.data_set_picker import index_with_progress  # pandas: not before the first page is drawn

    try:
        index = index_with_progress(source)
        features = _features(model.name, model.version, index.fingerprint, index)
        nearest = features.nearest(reading.findings.features, SHOWN, leave_out=reading.sha256)
        trained_on = model.card["training"].get("fingerprint") == index.fingerprint
        whose = "of the data set this model was trained on" if trained_on else "of the data set in use"
        st.caption(f"The films {whose} that look nearest to the network. Distance 1 is that of any two films.")
        with st.grid(SHOWN, min_column_width=110, gap="xsmall"):
            for place, film in enumerate(nearest):
                picture = for_screen(read_film(index.root / film.path).pixels, side=240)
                label = film.label.lower()
                alt = f"Similar film {place + 1}, labelled {label}, distance {film.distance:.2f}"
                st.image(picture, caption=f"{label}, {film.distance:.2f}", alt=alt, width="stretch")
    except CXRError as error:
        st.html(f"<p>{escaped(str(error))}</p>")


@st.cache_resource(show_spinner="Looking through the data set; the first time takes a while.", max_entries=KEPT_INDEXES)
def _features(name: str, version: str, fingerprint: str, _index: Index) -> FeatureIndex:
    """The features of a data set's films, kept for all sessions."""
    from cxr_core.inference.similar_films import FeatureIndex

    return FeatureIndex(reader(name), _index)
