"""What is refused, in the same words on every backend."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from multibackend import backends
from multibackend.errors import BackendError


def differentiator() -> Any:
    """The private file of this backend's framework."""
    name = keras.config.backend()
    row = backends.BACKENDS.get(name)
    if row is None or not row.differentiates:
        message = (
            f"Expected a backend that differentiates, received {name!r}. Set "
            f"KERAS_BACKEND to one of {', '.join(backends.TRAINABLE)}, in a new process."
        )
        raise BackendError(message)
    return _private(name)


@functools.cache  # which AutoGraph leaves alone
def _private(name: str) -> Any:
    return importlib.import_module(f"multibackend.autodiff._{name}")


def positions(argnums: Any) -> tuple[int, ...]:
    """The positions that `argnums` names."""
    named: tuple[Any, ...] = argnums if isinstance(argnums, tuple) else (argnums,)
    numbers = all(type(p) is int and p >= 0 for p in named)
    if not named or not numbers or len(set(named)) < len(named):
        message = (
            "Expected `argnums` to be a position from 0 on, or a tuple of different "
            f"ones, received {argnums!r}. Count the positional arguments from 0."
        )
        raise ValueError(message)
    return named


def variables(given: Sequence[Any]) -> list[Any]:
    """The Keras variables in `given`, each floating-point and there once."""
    listed: list[Any] = list(given) if isinstance(given, list | tuple) else [given]
    if not listed or not all(isinstance(v, keras.Variable) for v in listed):
        message = (
            f"Expected `variables` to be Keras variables, received {listed!r}. "
            "A model has none before it is built: call it once on data."
        )
        raise ValueError(message)
    if len({id(v) for v in listed}) < len(listed):
        message = (
            "Expected each variable once in `variables`, received "
            f"{[v.path for v in listed]}. Leave out the repeated one."
        )
        raise ValueError(message)
    for variable in listed:
        floating(variable, f"the variable {variable.path!r}")
    return listed


def sequence(given: Any, name: str) -> tuple[Any, ...]:
    """`given` as a tuple: one entry for each positional argument."""
    if isinstance(given, list | tuple):
        return tuple(given)
    message = (
        f"Expected `{name}` to be a tuple with one entry for each argument, "
        f"received {type(given).__name__}. Write `(x,)` for a single one."
    )
    raise ValueError(message)


def tensors_at(arguments: list[Any], position: int) -> Any:
    """The argument at `position`, with every leaf a floating-point tensor."""
    if position >= len(arguments):
        message = (
            f"Expected at least {position + 1} positional arguments for `argnums`, "
            f"received {len(arguments)}. Pass what is differentiated by position."
        )
        raise ValueError(message)
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, arguments[position])
    for tensor in keras.tree.flatten(tensors):
        floating(tensor, f"argument {position}")
    return tensors


def floating(tensor: Any, what: str) -> None:
    """Refuses a tensor of whole numbers."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(dtype):
        message = (
            f"Expected {what} to be floating-point, received dtype {dtype}. "
            "Only floats have a gradient: cast it, or leave it out."
        )
        raise ValueError(message)


def split(returned: Any, *, has_aux: bool) -> tuple[Any, Any]:
    """What a function returned, as that which is differentiated, and `aux`."""
    if not has_aux:
        return returned, None
    if not (isinstance(returned, tuple) and len(returned) == 2):
        message = (
            "Expected the function to return `(scalar, aux)`, received "
            f"{type(returned).__name__}. Return two things, or drop `has_aux`."
        )
        raise ValueError(message)
    first, second = returned
    return first, second


def scalar(value: Any) -> Any:
    """`value` as a floating-point tensor of shape ()."""
    if value is None or isinstance(value, tuple | list | dict):
        message = (
            f"Expected the function to return a scalar, received "
            f"{type(value).__name__}. To return more beside it, use `has_aux=True`."
        )
        raise ValueError(message)
    tensor: Any = keras.ops.convert_to_tensor(value)
    if len(tensor.shape) != 0:
        message = (
            "Expected the function to return a scalar of shape (), received shape "
            f"{tuple(tensor.shape)}. Reduce it, as with `keras.ops.mean`."
        )
        raise ValueError(message)
    floating(tensor, "what the function returns")
    return tensor


def outputs(returned: Any) -> list[Any]:
    """The leaves of what a function returned, as floating-point tensors."""
    leaves = keras.tree.flatten(returned)
    if not leaves or any(leaf is None for leaf in leaves):
        message = (
            f"Expected the function to return tensors, received {returned!r}. "
            "Return what is to be differentiated."
        )
        raise ValueError(message)
    tensors = [keras.ops.convert_to_tensor(leaf) for leaf in leaves]
    for tensor in tensors:
        floating(tensor, "what the function returns")
    return tensors


def directions(given: Any, like: Any, name: str, of: str) -> list[Any]:
    """The leaves of `given`, each of the shape and dtype of its partner in `like`.

    A number or a NumPy array takes the dtype of its partner; a tensor must have it.

    Args:
        given: Tangents or cotangents, nested as the caller made them.
        like: What they are directions of.
        name: What to call `given` in a message.
        of: What to call `like` in a message.
    """
    try:
        keras.tree.assert_same_structure(given, like)
    except (TypeError, ValueError):
        message = (
            f"Expected {name} of the structure of {of}, {_outline(like)}, received "
            f"{_outline(given)}. Give one tensor for each, nested in the same way."
        )
        raise ValueError(message) from None
    pairs = zip(keras.tree.flatten(given), keras.tree.flatten(like), strict=True)
    return [_direction(leaf, partner, name, of) for leaf, partner in pairs]


def _direction(leaf: Any, partner: Any, name: str, of: str) -> Any:
    wanted = keras.backend.standardize_dtype(partner.dtype)
    loose = isinstance(leaf, float | int | np.ndarray | np.generic)
    array = np.asarray(leaf) if loose else leaf
    dtype = keras.backend.standardize_dtype(array.dtype)
    typed = isinstance(leaf, np.ndarray | np.generic) and not (
        keras.backend.is_float_dtype(dtype)
    )
    if typed or (not loose and dtype != wanted):
        message = (
            f"Expected {name} of dtype {wanted}, as {of}, received dtype {dtype}. "
            f'Cast it with `keras.ops.cast(..., "{wanted}")`.'
        )
        raise ValueError(message)
    shape, expected = tuple(array.shape), tuple(partner.shape)
    sizes = zip(shape, expected, strict=False)
    if len(shape) != len(expected) or any(
        a != b for a, b in sizes if a is not None and b is not None
    ):
        message = (
            f"Expected {name} of shape {expected}, as {of}, received shape {shape}. "
            "Nothing is broadcast: reshape it."
        )
        raise ValueError(message)
    return keras.ops.convert_to_tensor(leaf, dtype=wanted)


def _outline(structure: Any) -> Any:
    """A structure with shapes for tensors, to be read in a message."""
    return keras.tree.map_structure(
        lambda leaf: getattr(leaf, "shape", type(leaf).__name__), structure
    )
