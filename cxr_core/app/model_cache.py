"""The loaded models, shared by all sessions."""

import gc
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.models.registry import Model, find_model

if TYPE_CHECKING:
    from cxr_core.inference.predictor import Predictor

_loaded: dict[tuple[str, str], "Predictor"] = {}


@st.cache_resource(show_spinner=False)
def load_predictor(name: str, version: str) -> "Predictor":
    """The model of that name, loaded once for all sessions; `version` is part of the cache key. Raises CXRError."""
    from cxr_core.inference.predictor import Predictor

    predictor = _loaded[name, version] = Predictor(find_model(name))
    # Most objects that a full collection would scan belong to imported modules. These are left out from here on; with
    # 20 sessions they had taken 83% of the server's computing time while Streamlit collected after every script run.
    gc.collect()
    gc.freeze()
    return predictor


def predictor_with_spinner(model: Model, text: str = "Loading the model.") -> "Predictor":
    """The predictor of a model, with a spinner that says `text` while it loads. Raises CXRError."""
    if loaded := loaded_predictor(model):
        return loaded
    with st.spinner(text):
        return load_predictor(model.name, model.version)


def loaded_predictor(model: Model) -> "Predictor | None":
    """That model if this process has loaded it; nothing is loaded."""
    return _loaded.get((model.name, model.version))
