"""`grad` and `value_and_grad`: the slope of a scalar."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from multibackend.autodiff._checks import differentiator
from multibackend.autodiff._pure import Over, Pure

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

    It works inside of compiled functions and of `keras.ops.vectorized_map`. There
    PyTorch refuses a `keras.ops.custom_gradient`, with or without a derivative, and
    updates of variables are no more possible than in any vectorized function.
    TensorFlow's second derivatives lack the mean in `keras.ops.moments` and are zero
    through a bilinear resize.

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
    >>> import keras, numpy as np
    >>> weight = keras.Variable([2.0, 3.0])
    >>> loss_of = lambda x: keras.ops.sum(x * weight**2)
    >>> value, (slope,) = value_and_grad(loss_of, variables=[weight])(np.float32(1.0))
    >>> float(value), keras.ops.convert_to_numpy(slope).tolist()
    (13.0, [4.0, 6.0])
    """
    over = Over.checked(argnums, variables)

    @functools.wraps(fn, updated=())
    def derivative(*args: Any, **kwargs: Any) -> Any:
        framework = differentiator()
        pure = Pure(fn, args, kwargs, over, has_aux=has_aux, scalar=True)
        value, rest, flat = framework.value_and_grad(pure, pure.tensors)
        aux = pure.finish(rest)
        return ((value, aux) if has_aux else value), pure.inputs(flat)

    return derivative
