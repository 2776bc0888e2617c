"""`jacobian` and `hessian`: all first, and all second derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from multibackend.autodiff._checks import differentiator
from multibackend.autodiff._pure import Over, Pure

__all__ = ["hessian", "jacobian"]


def jacobian(
    fn: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> Callable[..., Any]:
    """Makes a function that computes the derivative of every output by every input.

    Like `jax.jacrev`: in reverse mode, one pullback for each number that `fn` returns,
    all in one go. Few outputs and many inputs suit it; for many outputs and few inputs
    take `jvp` for each input. Updates that `fn` makes to variables take effect once,
    as in `value_and_grad`.

    Args:
        fn: A function that returns floating-point tensors, nested as you like.
        argnums: Which positional arguments to differentiate over, as in
            `value_and_grad`.
        has_aux: Whether `fn` returns `(outputs, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            arguments.

    Returns:
        A function with the arguments of `fn` that returns the jacobian, or
        `(jacobian, aux)` with `has_aux`. It has the structure of the outputs, and in
        the place of each that of the inputs: one argument, a tuple for a tuple of
        `argnums`, a list for `variables`.

    Output shape:
        `output.shape + input.shape` for each pair, in the dtype of the input.

    Raises:
        ValueError: The arguments of this function, or those of the returned function
            or what `fn` returns there, are not as said above.
        BackendError: When it is called on a backend that cannot differentiate.

    Example:
    >>> import keras, numpy as np
    >>> turn = lambda x: keras.ops.stack([x[1] ** 2, 3 * x[0]])
    >>> matrix = jacobian(turn)(np.array([1.0, 2.0], "float32"))
    >>> keras.ops.convert_to_numpy(matrix).tolist()
    [[0.0, 4.0], [3.0, 0.0]]
    """
    over = Over.checked(argnums, variables)

    @functools.wraps(fn, updated=())
    def matrix(*args: Any, **kwargs: Any) -> Any:
        framework = differentiator()
        pure = Pure(fn, args, kwargs, over, has_aux=has_aux)
        _, rest, rows = framework.jacobian(pure, pure.tensors)
        aux = pure.finish(rest)
        blocks = pure.outputs([pure.inputs(row) for row in rows])
        return (blocks, aux) if has_aux else blocks

    return matrix


def hessian(
    fn: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> Callable[..., Any]:
    """Makes a function that computes all second derivatives of a scalar.

    The jacobian of the gradient. For its product with a vector take `hvp`, which never
    makes the matrix. Updates that `fn` makes to variables take effect once, as in
    `value_and_grad`.

    Args:
        fn: A function that returns a floating-point scalar.
        argnums: Which positional arguments to differentiate over, as in
            `value_and_grad`.
        has_aux: Whether `fn` returns `(scalar, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            arguments.

    Returns:
        A function with the arguments of `fn` that returns the Hessian, or
        `(hessian, aux)` with `has_aux`. It has the structure of the inputs, and in the
        place of each that of the inputs again: one argument, a tuple for a tuple of
        `argnums`, a list for `variables`.

    Output shape:
        `input.shape + other_input.shape` for each pair.

    Raises:
        ValueError: The arguments of this function, or those of the returned function
            or what `fn` returns there, are not as said above.
        BackendError: When it is called on a backend that cannot differentiate.

    Example:
    >>> import keras, numpy as np
    >>> saddle = lambda x: x[0] ** 2 - 3 * x[0] * x[1]
    >>> matrix = hessian(saddle)(np.array([1.0, 2.0], "float32"))
    >>> keras.ops.convert_to_numpy(matrix).tolist()
    [[2.0, -3.0], [-3.0, 0.0]]
    """
    over = Over.checked(argnums, variables)

    @functools.wraps(fn, updated=())
    def matrix(*args: Any, **kwargs: Any) -> Any:
        framework = differentiator()
        pure = Pure(fn, args, kwargs, over, has_aux=has_aux, scalar=True)
        _, rest, rows = framework.jacobian(pure.slopes(framework), pure.tensors)
        aux = pure.finish(rest)
        blocks = pure.inputs([pure.inputs(row) for row in rows])
        return (blocks, aux) if has_aux else blocks

    return matrix
