"""The cache of loaded models: a network stays compiled between script runs."""

import gc
from pathlib import Path

import pytest
from keras.src.backend.common.global_state import clear_session
from streamlit.runtime.scriptrunner import script_runner

from cxr_core.app.model_cache import load_predictor
from cxr_core.backend import import_keras
from cxr_core.models.registry import find_model


def test_a_loaded_network_stays_compiled_from_run_to_run(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = import_keras().backend
    from tensorflow.python.eager.context import Context

    monkeypatch.setattr(backend, "clear_session", clear_session)  # as it is before a model is loaded
    forgotten: list[object] = []
    monkeypatch.setattr(Context, "clear_kernel_cache", lambda context: forgotten.append(context))
    after_a_run = script_runner._clean_problem_modules  # Streamlit calls it when a page has run
    after_a_run()
    assert forgotten
    forgotten.clear()
    load_predictor("tiny", find_model("tiny").version)
    after_a_run()
    load_predictor.clear()
    gc.unfreeze()
    assert not forgotten
