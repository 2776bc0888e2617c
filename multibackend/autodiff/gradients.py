"""`grad` and `value_and_grad`: what they promise, and their checks.

The function is made pure first: the tensors to differentiate over become its
arguments, also where they are variables, and the updates that it makes to variables
become results. So the private file of a framework only differentiates, and all
backends mean the same.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from multibackend import backends
from multibackend.autodiff._scope import Scope
from multibackend.errors import BackendError

__all__ = ["grad", "value_and_grad"]


def grad(
    fn: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> Callable[..., Any]:
    """Makes a function that computes the gradient of `fn`.

    As `value_and_grad`, without the value.

    Args:
        fn: A function that returns a floating-point scalar.
        argnums: Which positional arguments to differentiate over.
        has_aux: Whether `fn` returns `(scalar, aux)`.
        variables: Keras variables to differentiate over instead of arguments.

    Returns:
        A function with the arguments of `fn` that returns the gradient, or
        `(gradient, aux)` with `has_aux`.

    Raises:
        ValueError: As in `value_and_grad`.
        BackendError: When it is called on a backend that cannot differentiate.

    Example:
    >>> import numpy as np
    >>> speed = grad(lambda time: 4.9 * time**2)
    >>> acceleration = grad(speed)
    >>> round(float(acceleration(np.float32(2.0))), 4)
    9.8
    """
    both = value_and_grad(fn, argnums, has_aux=has_aux, variables=variables)

    @functools.wraps(fn, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def value_and_grad(
    fn: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> Callable[..., Any]:
    """Makes a function that computes `fn` and its gradient in one go.

    It nests: the gradient of a gradient is the second derivative. What does not
    influence the value has a gradient of zeros, never `None`.

    Updates that `fn` makes to variables (statistics of batch normalization, the state
    of a seed) take effect when it has returned, on every backend; if it raises, none
    does. Losses added inside `fn` with `add_loss` are seen inside it only.

    On PyTorch the results stay part of the graph where they depend on tensors with
    gradient outside of `fn`, such as the weights of a model, so that a later
    `backward()` sees them. The variables in `variables` themselves count as
    constants there, unless an outer `grad` differentiates over them.

    Args:
        fn: A function that returns a floating-point scalar.
        argnums: Which positional arguments to differentiate over: a position, or a
            tuple of them. An argument may be a tensor, a NumPy array, a float, or a
            nested structure of these; all must be floating-point.
        has_aux: Whether `fn` returns `(scalar, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            arguments.

    Returns:
        A function with the arguments of `fn` that returns `(value, gradient)`, or
        `((value, aux), gradient)` with `has_aux`. The gradient has the structure,
        shapes and dtypes of what it is taken over: one argument, a tuple for a tuple
        of `argnums`, a list for `variables`. NumPy arrays reach `fn` as tensors.

    Raises:
        ValueError: The arguments of this function, or those of the returned function
            or what `fn` returns there, are not as said above.
        BackendError: When it is called on a backend that cannot differentiate.

    Example:
    >>> import keras
    >>> weight = keras.Variable([2.0, 3.0])
    >>> loss_of = lambda x: keras.ops.sum(x * weight**2)
    >>> value, (slope,) = value_and_grad(loss_of, variables=[weight])(np.float32(1.0))
    >>> float(value), keras.ops.convert_to_numpy(slope).tolist()
    (13.0, [4.0, 6.0])
    """
    positions = argnums if isinstance(argnums, tuple) else (argnums,)
    if variables is None:
        _check_positions(argnums, positions)
    else:
        variables = _checked_variables(variables, argnums)

    @functools.wraps(fn, updated=())
    def derivative(*args: Any, **kwargs: Any) -> Any:
        differentiate = _differentiator()
        arguments = [keras.tree.map_structure(_tensor_of_numpy, arg) for arg in args]
        if variables is None:
            chosen = tuple(_tensors(arguments, position) for position in positions)
        else:
            chosen = tuple(keras.ops.convert_to_tensor(v) for v in variables)
        updated: dict[int, Any] = {}

        def pure(flat: list[Any]) -> tuple[Any, Any]:
            given = keras.tree.pack_sequence_as(chosen, flat)
            mapping: list[tuple[Any, Any]] = []
            if variables is None:
                for position, argument in zip(positions, given, strict=True):
                    arguments[position] = argument
            else:
                mapping = list(zip(variables, given, strict=True))
            with Scope(mapping, updated) as scope:
                value, aux = _split(fn(*arguments, **kwargs), has_aux=has_aux)
            states = [scope.get_current_value(v) for v in updated.values()]
            return value, (aux, states)

        value, (aux, states), flat = differentiate(pure, keras.tree.flatten(chosen))
        for variable, state in zip(updated.values(), states, strict=True):
            variable.assign(state)
        grads = keras.tree.pack_sequence_as(chosen, flat)
        if variables is not None:
            grads = list(grads)
        elif not isinstance(argnums, tuple):
            grads = grads[0]
        return ((value, aux) if has_aux else value), grads

    return derivative


def _differentiator() -> Callable[..., Any]:
    name = keras.config.backend()
    row = backends.BACKENDS.get(name)
    if row is None or not row.differentiates:
        message = (
            f"Expected a backend that differentiates, received {name!r}. Set "
            f"KERAS_BACKEND to one of {', '.join(backends.TRAINABLE)}, in a new process."
        )
        raise BackendError(message)
    return importlib.import_module(f"multibackend.autodiff._{name}").value_and_grad


def _check_positions(argnums: Any, positions: tuple[Any, ...]) -> None:
    numbers = all(type(p) is int and p >= 0 for p in positions)
    if not positions or not numbers or len(set(positions)) < len(positions):
        message = (
            "Expected `argnums` to be a position from 0 on, or a tuple of different "
            f"ones, received {argnums!r}. Count the positional arguments from 0."
        )
        raise ValueError(message)


def _checked_variables(variables: Sequence[Any], argnums: Any) -> list[Any]:
    if argnums != 0:
        message = (
            "Expected either `argnums` or `variables`, received both. To differentiate "
            "over both, nest one inside the other or make the tensor a variable."
        )
        raise ValueError(message)
    listed: list[Any] = (
        list(variables) if isinstance(variables, list | tuple) else [variables]
    )
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
        _check_float(variable, f"the variable {variable.path!r}")
    return listed


def _tensors(arguments: list[Any], position: int) -> Any:
    """The argument at `position`, with every leaf a floating-point tensor."""
    if position >= len(arguments):
        message = (
            f"Expected at least {position + 1} positional arguments for `argnums`, "
            f"received {len(arguments)}. Pass what is differentiated by position."
        )
        raise ValueError(message)
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, arguments[position])
    for tensor in keras.tree.flatten(tensors):
        _check_float(tensor, f"argument {position}")
    return tensors


def _tensor_of_numpy(leaf: Any) -> Any:
    known = isinstance(leaf, np.ndarray | np.generic)
    return keras.ops.convert_to_tensor(leaf) if known else leaf


def _check_float(tensor: Any, what: str) -> None:
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(dtype):
        message = (
            f"Expected {what} to be floating-point, received dtype {dtype}. "
            "Only floats have a gradient: cast it, or leave it out."
        )
        raise ValueError(message)


def _split(returned: Any, *, has_aux: bool) -> tuple[Any, Any]:
    """What `fn` returned, as a floating-point scalar and `aux`."""
    if has_aux and not (isinstance(returned, tuple) and len(returned) == 2):
        message = (
            "Expected the function to return `(scalar, aux)`, received "
            f"{type(returned).__name__}. Return two things, or drop `has_aux`."
        )
        raise ValueError(message)
    value: Any = returned[0] if has_aux else returned
    aux: Any = returned[1] if has_aux else None
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
    _check_float(tensor, "what the function returns")
    return tensor, aux
