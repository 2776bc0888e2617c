"""`vjp`, `jvp` and `hvp`: derivatives times a direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from multibackend.autodiff import _checks
from multibackend.autodiff._pure import Over, Pure

__all__ = ["hvp", "jvp", "vjp"]


def vjp(
    fn: Callable[..., Any],
    *primals: Any,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """Computes `fn` and its pullback: cotangents of outputs to cotangents of inputs.

    The product of a vector and the jacobian, from the left, in reverse mode. Updates
    that `fn` makes to variables take effect when `vjp` returns, as in
    `value_and_grad`; the pullback makes none, and may be called again.

    On PyTorch the pullback needs the weights as they were, and says so if they were
    updated since.

    Args:
        fn: A function that returns floating-point tensors, nested as you like.
        *primals: Its arguments: tensors, NumPy arrays, floats, or nested structures
            of these; all must be floating-point. Bind others with a `lambda`.
        has_aux: Whether `fn` returns `(outputs, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            the arguments, which then may be anything.

    Returns:
        `(outputs, pullback)`, or `(outputs, pullback, aux)` with `has_aux`. The
        pullback takes one cotangent of the structure, shapes and dtypes of the
        outputs, and returns a tuple with one for each argument, or a list with one
        for each variable.

    Raises:
        ValueError: The arguments of this function or of the pullback, or what `fn`
            returns, are not as said above.
        BackendError: On a backend that cannot differentiate.

    Example:
    >>> import keras, numpy as np
    >>> outputs, pullback = vjp(lambda x: x**2, np.array([1.0, 2.0], "float32"))
    >>> (cotangent,) = pullback(np.array([1.0, 10.0], "float32"))
    >>> keras.ops.convert_to_numpy(cotangent).tolist()
    [2.0, 40.0]
    """
    framework = _checks.differentiator()
    over = Over.all_of(primals, variables)
    pure = Pure(fn, primals, {}, over, has_aux=has_aux, outlives=True)
    flat, rest, pull = framework.vjp(pure, pure.tensors)
    aux = pure.finish(rest)
    outputs = pure.outputs(flat)

    def pullback(cotangents: Any) -> Any:
        directions = _checks.directions(
            cotangents, outputs, "cotangents", "the outputs"
        )
        return pure.inputs(pull(directions))

    return (outputs, pullback, aux) if has_aux else (outputs, pullback)


def jvp(
    fn: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """Computes `fn` and its derivative in one direction.

    The product of the jacobian and a vector. On JAX in forward mode; on PyTorch and
    TensorFlow, and on JAX where `fn` has a `keras.ops.custom_gradient`, as the
    pullback of the pullback, since forward mode there lacks rules that reverse mode
    has. Updates that `fn` makes to variables take effect as in `value_and_grad`.

    Args:
        fn: A function that returns floating-point tensors, nested as you like.
        primals: A tuple of its arguments, as for `vjp`.
        tangents: The direction: a tuple of the structure, shapes and dtypes of
            `primals`, or a list with one for each variable.
        has_aux: Whether `fn` returns `(outputs, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            the arguments.

    Returns:
        `(outputs, tangents)`, or `(outputs, tangents, aux)` with `has_aux`; the
        tangents have the structure, shapes and dtypes of the outputs.

    Raises:
        ValueError: The arguments of this function, or what `fn` returns, are not as
            said above.
        BackendError: On a backend that cannot differentiate.

    Example:
    >>> import numpy as np
    >>> area = lambda width, height: width * height
    >>> value, change = jvp(area, (3.0, 2.0), (0.1, 0.0))
    >>> round(float(value), 4), round(float(change), 4)
    (6.0, 0.2)
    """
    framework = _checks.differentiator()
    pure = _pure(fn, primals, variables, has_aux=has_aux)
    directions = _directions(tangents, pure, variables)
    outputs, rest, pushed = framework.jvp(pure, pure.tensors, directions)
    aux = pure.finish(rest)
    both = pure.outputs(outputs), pure.outputs(pushed)
    return (*both, aux) if has_aux else both


def hvp(
    fn: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    *,
    has_aux: bool = False,
    variables: Sequence[Any] | None = None,
) -> Any:
    """Computes the product of the Hessian of `fn` and a direction.

    The pullback of the gradient, at the cost of a few gradients and without the
    matrix: `tangents @ hessian`, which is symmetric unless a `custom_gradient` is no
    gradient of anything. `fn` is differentiated over all its arguments at once, so
    mixed derivatives are included. Updates that `fn` makes to variables take effect
    as in `value_and_grad`.

    Args:
        fn: A function that returns a floating-point scalar.
        primals: A tuple of its arguments, as for `vjp`.
        tangents: The direction: a tuple of the structure, shapes and dtypes of
            `primals`, or a list with one for each variable.
        has_aux: Whether `fn` returns `(scalar, aux)`; `aux` is handed through.
        variables: Keras variables that `fn` reads, to differentiate over instead of
            the arguments.

    Returns:
        The product, or `(product, aux)` with `has_aux`: a tuple with one entry for
        each argument, or a list with one for each variable.

    Raises:
        ValueError: The arguments of this function, or what `fn` returns, are not as
            said above.
        BackendError: On a backend that cannot differentiate.

    Example:
    >>> import keras, numpy as np
    >>> cubes = lambda x: keras.ops.sum(x**3)
    >>> at, direction = np.float32([1.0, 2.0]), np.float32([1.0, 10.0])
    >>> (product,) = hvp(cubes, (at,), (direction,))
    >>> keras.ops.convert_to_numpy(product).tolist()
    [6.0, 120.0]
    """
    framework = _checks.differentiator()
    pure = _pure(fn, primals, variables, has_aux=has_aux, scalar=True)
    directions = _directions(tangents, pure, variables)
    _, rest, pull = framework.vjp(pure.slopes(framework), pure.tensors)
    product = pure.inputs(pull(directions))
    aux = pure.finish(rest)
    return (product, aux) if has_aux else product


def _pure(
    fn: Callable[..., Any],
    primals: Sequence[Any],
    variables: Sequence[Any] | None,
    *,
    has_aux: bool,
    scalar: bool = False,
) -> Pure:
    arguments = _checks.sequence(primals, "primals")
    over = Over.all_of(arguments, variables)
    return Pure(fn, arguments, {}, over, has_aux=has_aux, scalar=scalar)


def _directions(
    tangents: Any, pure: Pure, variables: Sequence[Any] | None
) -> list[Any]:
    of = "the primals" if variables is None else "the variables"
    given = _checks.sequence(tangents, "tangents")
    return _checks.directions(given, pure.chosen, "tangents", of)
