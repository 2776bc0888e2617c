"""What every sub-layer of a case was called on, as a file: JSON beside safetensors.

One backend writes it, all backends ask each sub-layer alone with it, and the parent
reads from it in which order the sub-layers were called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from multibackend.errors import RecordError
from multibackend.parity.record.arrays import pack, unpack
from multibackend.parity.record.atomic import write_atomically

__all__ = [
    "NOT_ALONE",
    "Call",
    "Captured",
    "narrow_to",
    "pack_inputs",
    "read_arrays",
    "read_captured",
    "trains_in",
    "unpack_inputs",
    "write_captured",
]

Arrays = dict[str, npt.NDArray[Any]]

#: Checks that no sub-layer can be asked alone: they train or store the whole, or only
#: say how the case was built and recorded.
NOT_ALONE = frozenset(["build", "fit", "record", "save"])

# Checks that run the object with training=True.
_TRAINING = frozenset(["training", "state"])


class Call(msgspec.Struct, frozen=True):
    """One call of a sub-layer, or of a function in `keras.ops`.

    Attributes:
        site: What users call it: its path, with ` call 2` behind it the second time;
            for a function such as `block: ops.matmul #2`.
        path: The path of the sub-layer, such as `block/dense #2`; for a function that
            of the layer whose own code calls it, nothing for the whole.
        inputs: The inputs `[args, kwargs]` as `pack_inputs` takes them apart.
        op: The name of the function; nothing for a sub-layer.
    """

    site: str
    path: str
    inputs: Any
    op: str = ""


class Captured(msgspec.Struct, frozen=True):
    """Every call of a sub-layer, in the order in which calls ended.

    Attributes:
        calls: Leaves before the layers that hold them.
        ops: The functions of `keras.ops` that are called, in order.
        left_out: Sub-layers whose inputs cannot be had, each with the reason.
        fault: Why nothing could be captured, or nothing.
        dtypes: The dtype of each array by name.
        stored: The name of the file with the arrays, in the same folder.
    """

    calls: tuple[Call, ...] = ()
    ops: tuple[Call, ...] = ()
    left_out: dict[str, str] = {}
    fault: str = ""
    dtypes: dict[str, str] = {}
    stored: str = ""


def trains_in(check: str) -> bool:
    """Whether a check runs the object with training=True."""
    return check in _TRAINING


def write_captured(file: Path, captured: Captured, arrays: Arrays) -> None:
    """Writes the arrays first, then the JSON that names them.

    Args:
        file: The JSON file; the arrays go beside it.
        captured: What was captured; where the arrays are is filled in here.
        arrays: The arrays of all calls by name.

    Raises:
        OutputError: The folder cannot be written.
    """
    data, dtypes = pack(arrays)
    stored = file.with_suffix(".safetensors")
    if arrays:
        write_atomically(stored, data)
    whole = msgspec.structs.replace(captured, dtypes=dtypes, stored=stored.name)
    write_atomically(file, msgspec.json.encode(whole))


def narrow_to(calls: Sequence[Call], captured: Captured, file: Path) -> None:
    """Writes a file that asks for these calls only, beside the one that has the arrays.

    Raises:
        OutputError: The folder cannot be written.
    """
    some = msgspec.structs.replace(captured, calls=tuple(calls), ops=(), left_out={})
    write_atomically(file, msgspec.json.encode(some))


def read_captured(file: Path) -> Captured:
    """Reads the order of the calls, without their arrays.

    Raises:
        RecordError: The file is not there or not ours.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Captured)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"Expected captured inputs at {file}, received {error}. Run again."
        raise RecordError(message) from error


def read_arrays(file: Path, captured: Captured) -> Arrays:
    """Reads the arrays beside the JSON.

    Raises:
        RecordError: They are not there or damaged.
    """
    if not captured.dtypes:
        return {}
    stored = file.with_name(Path(captured.stored).name)
    try:
        data = stored.read_bytes()
    except OSError as error:
        message = f"Expected captured inputs at {stored}, received {error}. Run again."
        raise RecordError(message) from error
    return unpack(data, captured.dtypes, str(stored))


def pack_inputs(
    nested: Any, arrays: Arrays, to_array: Callable[[Any], npt.NDArray[Any] | None]
) -> Any:
    """Takes nested inputs apart into JSON and arrays.

    Args:
        nested: Tensors, numbers, text and `None` in lists, tuples and dictionaries.
        arrays: Where the arrays go, under names of their own.
        to_array: Turns a tensor into an array; `None` for what is no tensor.

    Returns:
        The nesting as JSON: each node is `[kind, content]`.

    Raises:
        TypeError: A leaf is something else, or has no value yet.
    """
    found = to_array(nested)
    if found is not None:
        name = str(len(arrays))
        arrays[name] = found
        return ["array", name]
    if nested is None or isinstance(nested, bool | int | str):
        return ["value", nested]
    if isinstance(nested, float) and math.isfinite(nested):
        return ["value", nested]
    if isinstance(nested, Mapping) and all(isinstance(key, str) for key in nested):
        return [
            "dict",
            {k: pack_inputs(v, arrays, to_array) for k, v in nested.items()},
        ]
    if isinstance(nested, list | tuple) and not hasattr(nested, "_fields"):
        kind = "list" if isinstance(nested, list) else "tuple"
        return [kind, [pack_inputs(item, arrays, to_array) for item in nested]]
    message = f"it takes a {type(nested).__name__}, which no file can hold"
    raise TypeError(message)


def unpack_inputs(packed: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> Any:
    """Puts together what `pack_inputs` took apart; arrays are copies.

    Raises:
        RecordError: The file was not written by `pack_inputs`.
    """
    match packed:
        case ["array", str(name)] if name in arrays:
            return np.array(arrays[name])
        case ["value", value]:
            return value
        case ["dict", dict(items)]:
            return {str(k): unpack_inputs(v, arrays) for k, v in items.items()}
        case ["list", list(items)]:
            return [unpack_inputs(item, arrays) for item in items]
        case ["tuple", list(items)]:
            return tuple(unpack_inputs(item, arrays) for item in items)
        case _:
            message = f"Expected captured inputs, received {packed!r}. Run again."
            raise RecordError(message)
