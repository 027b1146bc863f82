"""Conversion for reading: the same outputs as by Keras, or no file and one sentence."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from cxr_core.backend import inference_function
from cxr_core.errors import InputError, WorkError
from cxr_core.jobs.job import list_jobs
from cxr_core.models.registry import Model, find_model
from cxr_core.models.runtime import Network
from cxr_core.publishing import convert as conversion
from cxr_core.publishing.convert import MAX_LOGIT_DIFFERENCE, convert, convert_model
from cxr_core.publishing.jobs import start_conversion
from cxr_core.publishing.network_outputs import load_keras_network, reading_network
from cxr_core.training.network import network
from cxr_core.training.recipes import configure
from tests.jobs.run_here import run_jobs_here


def without_conversion(model: Model) -> Model:
    """The model as a release before this one published it."""
    model.reading_weights.unlink()
    old = model.described(conversion=None)
    old.write_card()
    return old


def test_the_converted_network_gives_what_keras_gives(tiny_home: Path) -> None:
    model = find_model("tiny")
    inputs = np.random.default_rng(1).integers(0, 256, (5, 32, 32)).astype(np.uint8)
    outputs = Network(model).forward(inputs)
    logits, features, cells = inference_function(reading_network(load_keras_network(model.weights)))(inputs[..., None])
    np.testing.assert_allclose(outputs.logits, logits[:, 0], atol=1e-5)
    np.testing.assert_allclose(outputs.features, features, atol=1e-5)
    np.testing.assert_allclose(outputs.feature_map, cells, atol=1e-4)


def test_the_cells_of_a_network_with_one_dense_layer_average_to_its_logit(tiny_home: Path) -> None:
    inputs = np.random.default_rng(1).integers(0, 256, (5, 32, 32)).astype(np.uint8)
    outputs = Network(find_model("tiny")).forward(inputs)
    assert outputs.feature_map is not None
    assert outputs.feature_map.shape == (5, 8, 8, 1)
    assert outputs.feature_map.std() > 1e-3
    np.testing.assert_allclose(outputs.feature_map.mean(axis=(1, 2, 3)), outputs.logits, atol=1e-5)


def test_a_network_without_cells_is_converted_without_them(tmp_path: Path) -> None:
    untrained = network(configure("sequential-4conv", {"size": "64", "widths": "4,4", "dense": "8"}))
    untrained.save(tmp_path / "model.keras")
    inputs = np.random.default_rng(1).integers(0, 256, (3, 64, 64)).astype(np.uint8)
    entry = convert(tmp_path / "model.keras", tmp_path / "model.tflite", inputs)
    assert sorted(entry["outputs"]) == ["features", "logits"]
    outputs = Network.of_file(tmp_path / "model.tflite", entry["outputs"]).forward(inputs)
    assert (outputs.features.shape, outputs.feature_map) == ((3, 4), None)
    np.testing.assert_allclose(outputs.logits, untrained.predict(inputs[..., None], verbose=0)[:, 0], atol=1e-4)


def test_a_published_model_is_converted_and_its_card_says_how_far_it_differs(tiny_home: Path) -> None:
    card = find_model("tiny").card
    assert card.conversion
    assert card.conversion.of_sha256 == card.sha256
    assert 0 <= card.conversion.largest_logit_difference <= MAX_LOGIT_DIFFERENCE == 1e-4
    assert card.conversion.compared_on.endswith(" films")


def test_an_older_model_is_converted_on_the_films_of_its_run(tiny_home: Path) -> None:
    old = without_conversion(find_model("tiny"))
    heatmap = old.card.content["heatmap"]
    convert_model(old.described(heatmap={"method": "discriminant", "sha256": "0" * 64}))
    assert find_model("tiny").card.content["heatmap"] == heatmap
    Network(find_model("tiny"))
    validation = (tiny_home / "models/tiny/split.csv").read_text().count(",val")
    converted = find_model("tiny").card.conversion
    assert converted
    assert converted.compared_on == f"{validation} films"


def test_films_that_are_not_here_are_named(tiny_home: Path, demo_set: Path) -> None:
    old = without_conversion(find_model("tiny"))
    with pytest.raises(InputError, match=r"lacks .* validation films of tiny"):
        convert_model(old, demo_set)
    shutil.rmtree(tiny_home / "runs")
    with pytest.raises(InputError, match="--data DATA"):
        convert_model(old)
    (old.folder / "split.csv").unlink()
    with pytest.raises(InputError, match=r"split\.csv"):
        convert_model(old)


def test_a_network_that_differs_leaves_no_file(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = find_model("tiny")
    other = model.folder / "other.tflite"
    monkeypatch.setattr(conversion, "MAX_LOGIT_DIFFERENCE", -1.0)
    with pytest.raises(WorkError, match="its logits differ by"):
        convert(model.weights, other, np.zeros((2, 32, 32), np.uint8))
    assert not other.exists()
    assert not list(model.folder.glob("*.part"))


def test_weights_that_are_not_a_network_are_reported(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"not a network")
    with pytest.raises(WorkError, match="cannot be loaded"):
        convert(tmp_path / "model.keras", tmp_path / "model.tflite", np.zeros((1, 32, 32), np.uint8))


def test_a_folder_that_cannot_be_written_is_one_sentence(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    old = without_conversion(find_model("tiny"))
    monkeypatch.setattr(conversion, "convert", read_only)
    with pytest.raises(WorkError, match=r"model\.tflite cannot be written \(Permission denied\)"):
        convert_model(old)


def test_a_model_is_converted_by_a_job(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_jobs_here(monkeypatch)
    old = without_conversion(find_model("tiny"))
    assert not old.converted
    job = start_conversion(old)
    assert (job.kind, job.status, job.about) == ("conversion", "finished", old.version)
    assert job.message.startswith("Converted tiny: over ")
    assert find_model("tiny").converted
    find_model("tiny").check()


def test_a_conversion_that_is_refused_is_the_jobs_reason(
    tiny_home: Path, demo_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_jobs_here(monkeypatch)
    old = without_conversion(find_model("tiny"))
    job = start_conversion(old, demo_set)
    assert job.status == "failed"
    assert "validation films of tiny" in job.message
    shutil.rmtree(tiny_home / "runs")
    with pytest.raises(InputError, match="--data DATA"):
        start_conversion(old)
    assert len(list_jobs()) == 1
