"""Imports Keras and its backend when they are first needed. Only `accelerator.py` also imports TensorFlow or JAX.

TensorFlow takes seconds to import and writes log lines to standard error; the functions here import it on first use
and suppress those lines.
"""

import contextlib
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cxr_core.errors import UnusableFile, WorkError
from cxr_core.limits import DAMAGED, check_network_file
from cxr_core.paths import cache_folder

# Training a convolution of fewer channels corrupts the heap by way of oneDNN in TensorFlow 2.21 (its issues 117700 and
# 123109 are of that kind). Networks for real films are wider, and a third faster with oneDNN.
ONEDNN_CHANNELS = 16
HOW_TO_INSTALL = "training, publishing and converting need `pip install -r requirements.txt`"
_MEMORY_AS_NEEDED = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
_import_lock = threading.Lock()
_stderr_lock = threading.RLock()
_NATIVE_LOG_LINE = re.compile(rb"WARNING: All log messages before absl|INFO: |[IW]\d{4} \d\d:\d\d:")


def import_keras() -> Any:
    """The `keras` module, on the backend that `KERAS_BACKEND` names (default "tensorflow").

    Raises WorkError where Keras or its backend is not installed: reading films needs neither.
    """
    with _import_lock:
        if "keras" in sys.modules:
            return sys.modules["keras"]
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        try:
            with without_native_log():
                import keras
        except ModuleNotFoundError as error:
            raise WorkError("is not installed here", thing=error.name, accepted=HOW_TO_INSTALL) from error
        return keras


def import_keras_to_train(widths: tuple[int, ...], autotuning: bool = True) -> Any:
    """`import_keras` for networks with these channels: without oneDNN if it could not train them safely.

    On JAX, what XLA compiles is kept under `CXR_HOME`: the next fit of the same network starts at once.
    """
    if min(widths) < ONEDNN_CHANNELS:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    prepare_devices(autotuning)
    keras = import_keras()
    if keras.backend.backend() == "jax":
        import jax

        for name, value in {
            "jax_compilation_cache_dir": str(cache_folder("xla")),
            "jax_persistent_cache_min_compile_time_secs": 0.0,  # a network is built by hundreds of small programs
            "jax_persistent_cache_min_entry_size_bytes": -1,
        }.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]
    return keras


def prepare_devices(autotuning: bool = True) -> None:
    """Set what must be set before TensorFlow or JAX looks for devices: memory as it is needed, autotuning or not.

    Without autotuning XLA takes the first algorithm for each convolution instead of timing all of them: a network is
    ready sooner, its epochs may be slower.
    """
    for name, value in _MEMORY_AS_NEEDED.items():
        os.environ.setdefault(name, value)
    flags = os.environ.get("XLA_FLAGS", "")
    if not autotuning and "xla_gpu_autotune_level" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_autotune_level=0".strip()
        os.environ.setdefault("TF_CUDNN_USE_AUTOTUNE", "0")


def load_network(file: Path) -> Any:
    """The `keras.Model` of a `.keras` file, not compiled. Raises UnusableFile if it is damaged or too large."""
    check_network_file(file)
    keras = import_keras()
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (OSError, *DAMAGED) as error:
        raise UnusableFile("a damaged network file") from error


def inference_function(model: Any) -> Callable[[np.ndarray], tuple[np.ndarray, ...]]:
    """A compiled function of a `keras.Model`: films `uint8 (N, S, S, 1)` to the tuple of its outputs, `float32`."""
    import keras
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None, *model.inputs[0].shape[1:]], tf.uint8)])  # type: ignore[untyped-decorator]
    def run(films: Any) -> Any:
        return keras.tree.flatten(model(films, training=False))

    return lambda films: tuple(output.numpy().astype(np.float32, copy=False) for output in run(tf.constant(films)))


def to_lite(model: Any) -> bytes:
    """A `keras.Model` with one input `uint8 (N, S, S, 1)` in LiteRT's file format, for one film at a time.

    The outputs keep their order. Raises WorkError unless Keras runs on TensorFlow.
    """
    keras = import_keras()
    if keras.backend.backend() != "tensorflow":
        raise WorkError("converting a network needs tensorflow", thing=f"KERAS_BACKEND={keras.backend.backend()}")
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([1, *model.inputs[0].shape[1:]], tf.uint8)])  # type: ignore[untyped-decorator]
    def run(films: Any) -> Any:
        return keras.tree.flatten(model(films, training=False))

    with without_native_log():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()], model)
        converter.experimental_lower_to_saved_model = False  # by way of it, TensorFlow 2.21 wrote weights as NaN
        return bytes(converter.convert())


def event_log(folder: Path) -> Callable[[int, dict[str, float]], None]:
    """A function that appends the metrics of a step to a TensorBoard log in `folder`; does nothing on JAX.

    It writes TensorBoard's file format, records of `Event` messages, directly: the `tensorboard` package, 30 MB with
    its dependencies, is then needed only to view the log.
    """
    if import_keras().backend.backend() != "tensorflow":
        return lambda step, metrics: None
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    folder.mkdir(parents=True, exist_ok=True)
    log = tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{time.time():.0f}.{os.getpid()}"))
    log.write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())

    def write(step: int, metrics: dict[str, float]) -> None:
        event = Event(wall_time=time.time(), step=step)
        for name, value in metrics.items():
            event.summary.value.add(tag=name, simple_value=value)
        log.write(event.SerializeToString())
        log.flush()

    return write


@contextlib.contextmanager
def without_native_log() -> Iterator[None]:
    """Collect what is written to standard error, then pass it on without the log lines of native code.

    TF_CPP_MIN_LOG_LEVEL does not suppress what TensorFlow logs before its logger is set up, nor what LiteRT logs.
    """
    with _stderr_lock, tempfile.TemporaryFile() as collected:
        stderr = os.dup(2)
        os.dup2(collected.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            collected.seek(0)
            for line in collected:
                if not _NATIVE_LOG_LINE.match(line):
                    os.write(2, line)
