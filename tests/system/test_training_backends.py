"""The same training on two devices, and on another backend. Each test sets up a process before Keras is imported."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.support.synthetic_chests import write_data_set

TWO_DEVICES = """
import json, sys
import numpy as np
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
from contextlib import nullcontext
from cxr_core.accelerator import mirrored
from cxr_core.backend import import_keras
import_keras()
from cxr_core.training.batches import FilmBatches
from cxr_core.training.network import compiled_network
from cxr_core.training.recipes import configure
from tests.support.synthetic_chests import chest
recipe = configure("yagci-adam", {"size": "32", "widths": "4, 8", "dense": "8", "batch": "16"})
films = np.stack([chest(seed, bool(seed % 2), 32) for seed in range(64)])
labels = np.arange(64, dtype=np.float32) % 2
losses = []
for scope in (nullcontext(), mirrored(["CPU:0", "CPU:1"])):
    with scope as _:
        model = compiled_network(recipe, 4)
    batches = FilmBatches(films, labels, np.arange(64), 16, np.ones(64, np.float32))
    losses.append(model.fit(batches, epochs=3, shuffle=False, verbose=0).history["loss"])
print(json.dumps(losses))
"""

NARROW = """
import numpy as np
from cxr_core.backend import import_keras_to_train
import_keras_to_train((4, 8))
from cxr_core.training.network import compiled_network
from cxr_core.training.recipes import configure
model = compiled_network(configure("residual-128", {"size": "32", "widths": "4, 8"}), steps=32)
for count in [32, 21, 7, 1] * 8:
    model.train_on_batch(np.zeros((count, 32, 32, 1), np.uint8), np.arange(count) % 2.0)
"""


def test_two_devices_train_to_the_same_loss_as_one() -> None:
    ended = subprocess.run([sys.executable, "-c", TWO_DEVICES], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    one, two = json.loads(ended.stdout.splitlines()[-1])
    assert two == pytest.approx(one, abs=1e-3)
    assert one[0] != one[-1]


def test_more_gpus_than_there_are_is_refused(tmp_path: Path) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=20)
    settings = ["--set", "gpus=64", "--set", "size=32"]
    command = [sys.executable, "-m", "cxr_core", "train", str(data), "--recipe", "yagci-adam", *settings]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("device=auto, gpus=64: this machine has")


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
def test_the_same_training_runs_on_jax(tmp_path: Path) -> None:
    data = write_data_set(tmp_path / "chest_xray", patients=20)
    settings = {"size": 32, "widths": "4,8", "epochs": 2, "batch": 8}
    command = [sys.executable, "-m", "cxr_core", "train", str(data), "--run", str(tmp_path / "run"), "--json"]
    command += [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert json.loads(ended.stdout)["status"] == "finished"
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 3


ON_JAX = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
TWO_ON_JAX = """
import json
import numpy as np
from cxr_core.accelerator import placement, shared_between
from cxr_core.backend import import_keras_to_train
import_keras_to_train((4, 8))
import jax
from cxr_core.training.batches import FilmBatches
from cxr_core.training.network import compiled_network
from cxr_core.training.recipes import configure
from tests.support.synthetic_chests import chest
recipe = configure("yagci-adam", {"size": "32", "widths": "4, 8", "dense": "8", "batch": "16"})
films = np.stack([chest(seed, bool(seed % 2), 32) for seed in range(64)])
labels = np.arange(64, dtype=np.float32) % 2
losses = []
for scope in (placement("cpu", 1), shared_between(jax.devices())):
    with scope:
        model = compiled_network(recipe, 4)
        batches = FilmBatches(films, labels, np.arange(64), 16, np.ones(64, np.float32))
        losses.append(model.fit(batches, epochs=3, shuffle=False, verbose=0).history["loss"])
print(json.dumps(losses))
"""


def jax_environment(home: Path, **variables: str) -> dict[str, str]:
    return os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "CXR_HOME": str(home)} | variables


@ON_JAX
def test_two_devices_train_to_the_same_loss_as_one_on_jax_and_what_is_compiled_is_kept(tmp_path: Path) -> None:
    environment = jax_environment(tmp_path, XLA_FLAGS="--xla_force_host_platform_device_count=2")
    environment["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    command = [sys.executable, "-c", TWO_ON_JAX]
    ended = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    one, two = json.loads(ended.stdout.splitlines()[-1])
    assert two == pytest.approx(one, abs=1e-3)
    assert list((tmp_path / "caches" / "xla").iterdir())


KEPT_ON_JAX = """
import numpy as np
from cxr_core.backend import import_keras_to_train
keras = import_keras_to_train((4, 8))
from cxr_core.training import batches
from cxr_core.training.architectures.parts import Convolution
from cxr_core.training.batches import FilmBatches
rng = np.random.default_rng(0)
for side, stride, size in ((1, 1, 7), (3, 2, 9), (3, 2, 8), (5, 1, 6)):
    films = rng.random((2, size, size, 3), np.float32)
    ours = Convolution(4, side, stride, activation="relu")
    usual = keras.layers.Conv2D(4, side, stride, padding="same", activation="relu")
    usual.build(films.shape), ours.build(films.shape), ours.set_weights(usual.get_weights())
    assert np.abs(np.asarray(ours(films)) - np.asarray(usual(films))).max() < 1e-5, (side, stride, size)
films, labels = rng.integers(0, 256, (20, 16, 16), np.uint8), rng.random(20, np.float32)
weights = rng.random(20, np.float32)
made = [FilmBatches(films, labels, np.arange(2, 20, 2), 4, weights, size=8) for _ in range(2)]
batches.MOST_STEPS = 1
made[1].keep_on_device()
assert (len(made[0]), len(made[1])) == (3, 2)
for epoch in range(2):
    for number in range(2):
        ordered = [sorted(zip(*(np.asarray(part).tolist() for part in one[number]))) for one in made]
        assert ordered[0] == ordered[1]
    [one.on_epoch_end() for one in made]
"""


@ON_JAX
def test_films_kept_on_the_device_and_convolutions_as_products_give_the_same_on_jax(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KEPT_ON_JAX]
    ended = subprocess.run(command, cwd=REPOSITORY, env=jax_environment(tmp_path), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]


SEVERAL_STEPS_ON_JAX = """
import json
import numpy as np
from cxr_core.accelerator import take_several_steps
from cxr_core.backend import import_keras_to_train
import_keras_to_train((4, 8))
from cxr_core.training import batches
from cxr_core.training.network import compiled_network
from cxr_core.training.recipes import configure
from tests.support.synthetic_chests import chest
recipe = configure("residual-128", {"size": "32", "widths": "4, 8", "batch": "4"})
films = np.stack([chest(seed, bool(seed % 2), 32) for seed in range(66)])
labels = np.arange(66, dtype=np.float32) % 2
ended = []
for most in (1, 8):
    batches.MOST_STEPS = most
    drawn = batches.FilmBatches(films, labels, np.arange(66), 4, np.ones(66, np.float32))
    drawn.keep_on_device()
    model = compiled_network(recipe, 16)
    if drawn.steps > 1:
        take_several_steps(model, drawn.steps)
    history = model.fit(drawn, epochs=3, shuffle=False, verbose=0).history
    ended.append((drawn.steps, len(drawn), int(model.optimizer.iterations), history["loss"], history["auc"]))
print(json.dumps(ended))
"""


@ON_JAX
def test_several_steps_a_call_are_the_same_steps_on_jax(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SEVERAL_STEPS_ON_JAX]
    ended = subprocess.run(command, cwd=REPOSITORY, env=jax_environment(tmp_path), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    one, several = json.loads(ended.stdout.splitlines()[-1])
    assert (one[:3], several[:3]) == ([1, 16, 48], [8, 2, 48])
    assert several[3] == pytest.approx(one[3], rel=1e-3)
    assert several[4] == pytest.approx(one[4], abs=0.02)
    assert one[3][0] != one[3][-1]


@ON_JAX
def test_the_devices_are_described_on_jax(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cxr_core", "gpu", "--json"]
    ended = subprocess.run(command, cwd=REPOSITORY, env=jax_environment(tmp_path), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout)
    assert (found["backend"], found["usable"]) == ("jax", [])
    assert found["in_use"].startswith("CPU, ")
    assert "requirements-gpu-jax.txt" in " ".join(found["advice"])


def test_a_narrow_network_trains_without_corrupting_the_heap() -> None:
    """With oneDNN, which a user has on and `conftest.py` turns off, this ends by a segmentation fault."""
    plain = {name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"}
    ended = subprocess.run([sys.executable, "-c", NARROW], cwd=REPOSITORY, env=plain, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()[-500:]
