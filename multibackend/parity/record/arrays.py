"""Named arrays as safetensors and back, whatever their dtype.

safetensors keeps bfloat16 (npz turns it into raw bytes), but has no complex128, no
8-bit and 4-bit floats and no strings. What it lacks is stored as bytes, and the dtype
stands in the JSON beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from multibackend.errors import RecordError

__all__ = ["numpy_dtype", "pack", "unpack"]

Named = Mapping[str, npt.NDArray[Any]]

_NATIVE = frozenset(
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
    ]
)


def pack(arrays: Named) -> tuple[bytes, dict[str, str]]:
    """Turns arrays into the bytes of a safetensors file.

    Args:
        arrays: Arrays by name.

    Returns:
        The bytes, and the dtype of each array by name.

    Raises:
        RecordError: An array holds Python objects.
    """
    dtypes = {name: str(array.dtype) for name, array in arrays.items()}
    return save({name: _plain(name, array) for name, array in arrays.items()}), dtypes


def unpack(
    data: bytes, dtypes: Mapping[str, str], place: str
) -> dict[str, npt.NDArray[Any]]:
    """Turns the bytes of a safetensors file into arrays.

    Args:
        data: What `pack` returned.
        dtypes: The dtypes that it returned beside.
        place: Where the bytes come from, for the error.

    Raises:
        RecordError: The bytes are not a safetensors file, or not of these arrays.
    """
    try:
        stored = load(data)
    except (SafetensorError, ValueError, TypeError, KeyError, OverflowError) as error:
        message = f"Expected a safetensors file at {place}, received damaged bytes ({error}). Record again."
        raise RecordError(message) from error
    if set(stored) != set(dtypes):
        message = (
            f"Expected the arrays {sorted(dtypes)} at {place}, received "
            f"{sorted(stored)}. Record again."
        )
        raise RecordError(message)
    return {
        name: _restored(stored[name], dtype, place) for name, dtype in dtypes.items()
    }


def _plain(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if str(array.dtype) in _NATIVE:
        return np.ascontiguousarray(array).reshape(array.shape)
    if array.dtype.kind == "O":
        message = f"Expected numbers or text in {name!r}, received Python objects. Return arrays."
        raise RecordError(message)
    # Shape (*shape, itemsize): the bytes of each element along a last axis.
    flat = np.ascontiguousarray(array).reshape(-1)
    size = array.dtype.itemsize
    return np.frombuffer(flat.tobytes(), np.uint8).reshape(*array.shape, size)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The dtype of this name, those that `ml_dtypes` adds to NumPy's included.

    Raises:
        TypeError: There is none.
    """
    return np.dtype(getattr(ml_dtypes, name, name))


def _restored(stored: npt.NDArray[Any], dtype: str, place: str) -> npt.NDArray[Any]:
    if dtype in _NATIVE:
        if str(stored.dtype) != dtype:
            message = (
                f"Expected {dtype} at {place}, received {stored.dtype}. Record again."
            )
            raise RecordError(message)
        return stored
    try:
        kind = numpy_dtype(dtype)
    except (TypeError, ValueError) as error:
        message = f"Expected a dtype that NumPy knows at {place}, received {dtype!r}. Update multibackend."
        raise RecordError(message) from error
    if (
        kind.hasobject
        or not kind.itemsize
        or stored.dtype != np.uint8
        or stored.shape[-1:] != (kind.itemsize,)
    ):
        message = f"Expected the bytes of {dtype} at {place}, received {stored.dtype} {stored.shape}. Record again."
        raise RecordError(message)
    shape = stored.shape[:-1]
    return np.frombuffer(stored.tobytes(), kind).reshape(shape).copy()
