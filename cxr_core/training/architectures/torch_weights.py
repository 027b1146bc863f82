"""Reads a PyTorch state dict without PyTorch; nothing in the file is executed.

The file has PyTorch's older format (torch/serialization.py, `_legacy_save`): five pickles (a magic number, the
protocol, the machine, the dict with references into storages, the storages' keys), then the length and the numbers
of each storage. The unpickler accepts four names and refuses all others, so a pickle cannot call anything.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from cxr_core.errors import work_error

_MAGIC = 0x1950A86A20F9469CFC6C
_NUMBERS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage(NamedTuple):
    key: str
    numbers: np.dtype


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(file: Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict by their names, `float32` or `int64`, in PyTorch's order of axes.

    Raises WorkError if the file is not such a state dict.
    """
    try:
        with file.open("rb") as stream:
            magic, _, _ = (_Unpickler(stream).load() for _ in range(3))
            if magic != _MAGIC:
                raise ValueError("the magic number is wrong")
            tensors = _Unpickler(stream).load()
            keys = _Unpickler(stream).load()
            numbers = {tensor.storage.key: tensor.storage.numbers for tensor in tensors.values()}
            storages = {key: _read_storage(stream, numbers[key]) for key in keys}
        return {name: _array(tensor, storages[tensor.storage.key]) for name, tensor in tensors.items()}
    except (OSError, ValueError, KeyError, AttributeError, EOFError, pickle.UnpicklingError) as error:
        raise work_error(file, "is not a PyTorch state dict that can be read", error) from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in _NUMBERS:
            return _NUMBERS[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        _, numbers, key, *_ = pid
        return _Storage(key, numbers)


def _read_storage(stream: BinaryIO, numbers: np.dtype) -> np.ndarray:
    count = int(np.frombuffer(stream.read(8), "<i8")[0])
    return np.frombuffer(stream.read(count * numbers.itemsize), numbers, count)


def _array(tensor: _Tensor, storage: np.ndarray) -> np.ndarray:
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True))
    if last >= len(storage) or tensor.offset < 0 or min(tensor.strides, default=0) < 0:
        raise ValueError("a tensor reaches beyond its storage")
    strides = tuple(step * storage.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()
