"""The loaded models, shared by all sessions."""

import gc
import threading
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.backend import import_keras
from cxr_core.datasets.demo import sample_films
from cxr_core.errors import CXRError
from cxr_core.models.registry import find_model

if TYPE_CHECKING:
    from cxr_core.inference.predictor import Predictor

WARM_UP_AFTER_SECONDS = 1.0


@st.cache_resource(show_spinner=False)
def load_predictor(name: str, version: str) -> "Predictor":
    """The model of that name, loaded once for all sessions; `version` is part of the cache key. Raises CXRError."""
    from cxr_core.imaging.decode import read_film
    from cxr_core.inference.predictor import Predictor

    predictor = Predictor(find_model(name))
    predictor.read(read_film(sample_films()[0]))  # the first prediction takes seconds longer than the next ones
    _keep_compiled()
    return predictor


def predictor_with_spinner(name: str) -> "Predictor":
    """The model of that name, with a spinner while it loads. Raises CXRError."""
    with st.spinner("Loading the model; the first time takes some seconds."):
        return load_predictor(name, find_model(name).version)


def _keep_compiled() -> None:
    """Disable two clean-ups that Streamlit runs after every script run and that cost the next film about a second.

    Streamlit clears Keras's session, after which TensorFlow compiles every network again; and it collects garbage,
    which scans every object that TensorFlow has loaded.
    """
    import_keras().backend.clear_session = lambda: None
    gc.collect()
    gc.freeze()


@st.cache_resource
def warm_up() -> None:
    """Load TensorFlow and the released model in the background, once a server, after the first page is drawn."""

    def load() -> None:
        try:
            released = find_model()
            load_predictor(released.name, released.version)
        except CXRError:
            return  # a page that needs a model reports what is missing

    timer = threading.Timer(WARM_UP_AFTER_SECONDS, load)
    timer.daemon = True
    timer.start()
