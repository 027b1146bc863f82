"""What the pages share: the notice and the loaded models; the data set in use is in `data_set.py`."""

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
    """The model of that name, loaded once for all sessions; `version` makes a republished one load anew."""
    from cxr_core.imaging.decode import read_film
    from cxr_core.inference.predictor import Predictor

    reader = Predictor(find_model(name))
    reader.read(read_film(sample_films()[0]))  # the first film of all takes seconds more
    _keep_compiled()
    return reader


def reader(name: str) -> "Predictor":
    """The model of that name, ready to read, with a spinner while it loads. Raises CXRError."""
    with st.spinner("Loading the model; the first time takes some seconds."):
        return load_predictor(name, find_model(name).version)


def _keep_compiled() -> None:
    """Undo what Streamlit does to networks after every run of a page, which costs the next film a second.

    It clears Keras's session, upon which TensorFlow compiles every network anew, and it collects garbage, which goes
    through all that TensorFlow has loaded.
    """
    import_keras().backend.clear_session = lambda: None
    gc.collect()
    gc.freeze()


@st.cache_resource
def warm_up() -> None:
    """Once a server: load TensorFlow and the released model after the first page is drawn."""

    def load() -> None:
        try:
            released = find_model()
            load_predictor(released.name, released.version)
        except CXRError:
            return  # the page that needs a model says what is missing

    timer = threading.Timer(WARM_UP_AFTER_SECONDS, load)
    timer.daemon = True
    timer.start()
