"""The devices that networks are trained on: which there are, their names and memory, and the choice of one.

On TensorFlow and on JAX (`KERAS_BACKEND`). With `backend.py`, the only module that imports either.
"""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.backend import import_keras, prepare_devices
from cxr_core.errors import SettingsError

NVIDIA = Path("/dev/nvidia0")
CPU = f"CPU, {os.cpu_count()} cores"
INSTALL = {
    "tensorflow": "`pip install -r requirements-gpu.txt` (TensorFlow with CUDA)",
    "jax": "`pip install -r requirements-gpu-jax.txt` (JAX with CUDA), with KERAS_BACKEND=jax",
}


def device_name() -> str:
    """The device that a fit would run on: the first GPU's name, or the number of CPU cores."""
    gpus = _gpus()
    return _name(gpus[0]) if gpus else CPU


@contextlib.contextmanager
def placement(device: str, gpus: int) -> Iterator[str]:
    """Build and fit networks on "cpu", "gpu" or, with "auto", a GPU if there is one; yields its name.

    With several GPUs each batch is shared between them: by `tf.distribute.MirroredStrategy`, or on JAX by
    `keras.distribution.DataParallel`. Raises SettingsError if this machine has fewer.
    """
    found = [] if device == "cpu" else _gpus()
    if len(found) < gpus and (device == "gpu" or gpus > 1):
        raise SettingsError(
            f"this machine has {len(found)} GPUs that can be used",
            thing=f"device={device}, gpus={gpus}",
            accepted="`gpu` says more",
        )
    name = CPU if not found else _name(found[0]) if gpus == 1 else f"{gpus} x {_name(found[0])}"
    if _backend() == "jax":
        with _jax_devices(found[:gpus]):
            yield name
    elif not found:
        import tensorflow as tf

        with tf.device("CPU:0"):
            yield name
    elif gpus == 1:
        yield name
    else:
        with mirrored([f"GPU:{number}" for number in range(gpus)]):
            yield name


@contextlib.contextmanager
def _jax_devices(gpus: list[Any]) -> Iterator[None]:
    import jax

    if len(gpus) > 1:
        with shared_between(gpus):
            yield
    else:
        with jax.default_device(gpus[0] if gpus else jax.local_devices(backend="cpu")[0]):
            yield


@contextlib.contextmanager
def shared_between(devices: list[Any]) -> Iterator[None]:
    """On JAX: networks are built and fitted on all these devices, each batch shared between them."""
    distribution = import_keras().distribution
    names = [f"{one.platform}:{one.id}" for one in devices]
    distribution.set_distribution(distribution.DataParallel(devices=names, auto_shard_dataset=False))
    try:
        yield
    finally:
        distribution.set_distribution(None)


def films_stay_on_gpu(device: str) -> bool:
    """Whether a fit on this device ("auto", "cpu", "gpu") keeps its films on it: JAX on a GPU."""
    return device != "cpu" and _backend() == "jax" and bool(_gpus())


def kept_on_device(arrays: Any) -> Callable[[np.ndarray], Any]:
    """On JAX: puts arrays of N rows, in tuples as they come, on the device; the result gives some rows of each."""
    import jax

    kept = jax.device_put(arrays)
    gather = jax.jit(lambda kept, rows: jax.tree.map(lambda array: array[rows], kept))
    return lambda rows: gather(kept, rows)


def take_several_steps(model: Any, count: int) -> None:
    """Let a compiled Keras model on JAX take `count` steps a call, each on its share of the films given, in order.

    Keras's `steps_per_execution` is a loop in Python on JAX, which calls the device once a step.
    """
    import jax

    one_step = type(model).train_step

    def train_step(state: Any, data: Any) -> tuple[Any, Any]:
        batches = jax.tree.map(lambda array: array.reshape((count, -1, *array.shape[1:])), data)
        state, logs = jax.lax.scan(lambda state, batch: one_step(model, state, batch)[::-1], state, batches)
        return jax.tree.map(lambda values: values[-1], logs), state

    model.train_step = train_step


def mirrored(devices: list[str]) -> contextlib.AbstractContextManager[Any]:
    """On TensorFlow: networks are built and fitted on all these devices, each batch shared between them."""
    import tensorflow as tf

    result: contextlib.AbstractContextManager[Any] = tf.distribute.MirroredStrategy(devices).scope()
    return result


def device_memory() -> int | None:
    """Memory in use on the first GPU in bytes, None without one."""
    gpus = _gpus()
    if not gpus:
        return None
    if _backend() == "jax":
        return int((gpus[0].memory_stats() or {}).get("bytes_in_use", 0))
    import tensorflow as tf

    return int(tf.config.experimental.get_memory_info("GPU:0")["current"])


@dataclass(frozen=True)
class Accelerators:
    """What `describe_devices` found. backend: of Keras. in_use: the name of the device that a fit would run on.

    usable: the names of the GPUs that the backend can use. present: those that the driver lists. advice: for the user.
    """

    backend: str
    version: str
    in_use: str
    usable: list[str]
    present: list[str]
    advice: list[str]


def describe_devices() -> Accelerators:
    """The accelerators that were found, what is missing for their use, and what to install. Raises WorkError."""
    prepare_devices()
    backend, usable, present = _backend(), [_name(one) for one in _gpus()], _driver_lists()
    advice = []
    if usable:
        advice.append(f"Training runs on {usable[0]}.")
    elif present or NVIDIA.exists():
        what = present[0] if present else "A GPU"
        advice.append(f"{what} is there, but {backend} cannot use it. {INSTALL[backend]} installs what is missing.")
    else:
        advice.append("No NVIDIA GPU was found; training runs on the CPU. With one, install one of:")
        advice += [f"  {one}" for one in INSTALL.values()]
    if present and not NVIDIA.exists():
        advice.append(f"{NVIDIA}: is missing; pass the GPU into the container, as `docker run --gpus all` does.")
    return Accelerators(backend, _version(backend), usable[0] if usable else CPU, usable, present, advice)


def _backend() -> str:
    return str(import_keras().backend.backend())


def _gpus() -> list[Any]:
    """The GPUs that the backend can use, as it describes them."""
    if _backend() == "jax":
        import jax

        return [one for one in jax.local_devices() if one.platform in ("gpu", "cuda", "rocm")]
    import tensorflow as tf

    return list(tf.config.list_physical_devices("GPU"))


def _name(gpu: Any) -> str:
    if _backend() == "jax":
        return str(gpu.device_kind)
    import tensorflow as tf

    return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))


def _driver_lists() -> list[str]:
    """The GPUs that NVIDIA's driver lists; none where there is no driver."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ended.stdout.splitlines() if ended.returncode == 0 else []


def _version(backend: str) -> str:
    for package in (backend, f"{backend}-cpu"):
        with contextlib.suppress(PackageNotFoundError):
            return version(package)
    return ""
