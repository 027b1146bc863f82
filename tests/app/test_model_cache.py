"""The cache of loaded models: one per version, shared by all sessions."""

import gc
from pathlib import Path

from cxr_core.app.model_cache import load_predictor
from cxr_core.models.registry import find_model


def test_a_model_is_loaded_once(tiny_home: Path) -> None:
    version = find_model("tiny").version
    first = load_predictor("tiny", version)
    assert load_predictor("tiny", version) is first
    load_predictor.clear()
    assert load_predictor("tiny", version) is not first
    load_predictor.clear()
    gc.unfreeze()


def test_what_is_loaded_is_not_scanned_for_garbage_after_every_script_run(tiny_home: Path) -> None:
    gc.unfreeze()
    load_predictor("tiny", find_model("tiny").version)
    load_predictor.clear()
    assert gc.get_freeze_count() > len(gc.get_objects())
    gc.unfreeze()
