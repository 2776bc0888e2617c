"""`jit`: what it promises."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from multibackend.tracing.compiled import Compiled

__all__ = ["jit"]


def jit(
    fn: Callable[..., Any] | None = None,
    *,
    static_argnames: str | Sequence[str] = (),
    optimize: str | None = None,
    strict: bool = False,
    cache_size: int = 8,
) -> Any:
    """Compiles a function that reads and updates Keras objects.

    The function is traced once: what it does to tensors becomes a graph, and later
    calls run the graph and none of the function's Python. Models, optimizers, metrics,
    losses, variables and seed generators that it uses are found by themselves; their
    state goes into the graph, and their new state is in place when the call returns.
    So a training step, with its gradients and its update, is one graph:

    - JAX: `jax.jit`, whose old state is given away (`v.value` of an updated variable,
      read before the call, is deleted by it);
    - TensorFlow: `tf.function`, by XLA where it can;
    - PyTorch: one graph of ATen operations, replayed at once, and by fused code of
      Inductor as soon as that is compiled, which takes a C++ compiler and some seconds.

    Random numbers follow the same stream as without it. Printing and other effects
    happen while tracing only, about twice. What PyTorch records for a `backward()`
    outside does not reach into the graph: differentiate inside, by `autodiff`.

    There is a graph for each combination of shapes and dtypes, of arguments that are
    no arrays (`training=True`), of which variables are trainable, and of the layers
    that models consist of. Where a function cannot be traced (its Python depends on the
    value of a tensor, or an operation has no graph) it runs as it is, and a warning says
    why, once.

    Args:
        fn: The function; without it, a decorator is returned.
        static_argnames: Names of arguments whose numbers are part of the graph, such
            as a count of steps. Numbers are arrays otherwise.
        optimize: On PyTorch, `"background"` (the default) compiles fused code beside
            the first calls, so that results may differ by rounding when it takes over;
            `"first"` compiles it at the first call; `"never"` replays the graph. On
            TensorFlow, `"never"` goes without XLA. `MULTIBACKEND_OPTIMIZE` sets the
            default.
        strict: Whether a function that cannot be traced is an error.
        cache_size: How many graphs are kept; the one least used goes first.

    Returns:
        A `Compiled` function with the arguments of `fn`.

    Raises:
        ValueError: An argument is out of range, or, at a call, the function makes
            Keras objects, or receives tensors of another framework.
        RuntimeError: With `strict`, the function cannot be traced.

    Example:
    >>> import keras, numpy as np
    >>> total = keras.Variable(0.0)
    >>> @jit
    ... def add(x):
    ...     total.assign_add(keras.ops.sum(x))
    ...     return total * 2
    >>> [float(add(np.ones(3, "float32"))) for _ in range(2)], float(total)
    ([6.0, 12.0], 6.0)
    """
    if fn is None:
        return functools.partial(
            jit,
            static_argnames=static_argnames,
            optimize=optimize,
            strict=strict,
            cache_size=cache_size,
        )
    return Compiled(
        fn,
        static_argnames=static_argnames,
        optimize=optimize,
        strict=strict,
        cache_size=cache_size,
    )
