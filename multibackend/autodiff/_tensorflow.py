"""TensorFlow: tapes that watch fresh copies of the tensors, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

#: Rows that run one by one where nothing compiles: vectorizing traces anew each time,
#: which takes a third of a second, as long as some fifty small rows.
_FEW = 32

Pure = Callable[[list[Any]], tuple[Any, Any]]
Pullback = Callable[[list[Any]], list[Any]]


def value_and_grad(pure: Pure, tensors: list[Any]) -> tuple[Any, Any, list[Any]]:
    """Returns the value, what else `pure` returned, and a gradient a tensor."""
    copies = _copies(tensors)
    with _tape(copies) as tape:
        value, rest = pure(copies)
    return value, rest, _pulled(tape, value, copies, None)


def vjp(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, Pullback]:
    """Returns the outputs, what else `pure` returned, and the pullback."""
    outputs, rest, copies, tape = _recorded(pure, tensors)

    def pullback(cotangents: list[Any]) -> list[Any]:
        return _pulled(tape, outputs, copies, cotangents)

    return outputs, rest, pullback


def jvp(
    pure: Pure, tensors: list[Any], tangents: list[Any]
) -> tuple[list[Any], Any, list[Any]]:
    """Returns the outputs, what else `pure` returned, and their tangents.

    The pullback is linear in its cotangents, so its own pullback is the jvp. Unlike
    `tf.autodiff.ForwardAccumulator` this keeps custom gradients inside of a
    `tf.function`, and passes loops.
    """
    outputs, rest, pullback = vjp(pure, tensors)
    places = [tf.zeros_like(output) for output in outputs]
    with _tape(places) as tape:
        slopes = pullback(places)
    return outputs, rest, _pulled(tape, slopes, places, tangents)


def jacobian(pure: Pure, tensors: list[Any]) -> tuple[list[Any], Any, list[list[Any]]]:
    """Returns the outputs, what else `pure` returned, and a row of blocks an output."""
    outputs, rest, copies, tape = _recorded(pure, tensors)
    return outputs, rest, [_blocks(tape, output, copies) for output in outputs]


def _recorded(
    pure: Pure, tensors: list[Any]
) -> tuple[list[Any], Any, list[Any], tf.GradientTape]:
    copies = _copies(tensors)
    with _tape(copies, persistent=True) as tape:
        outputs, rest = pure(copies)
        outputs = _copies(outputs)  # an output may be an argument, or come twice
    return outputs, rest, copies, tape


def _copies(tensors: list[Any]) -> list[Any]:
    """Tensors of their own.

    An outer tape sees through them, and the same tensor given twice, or also read
    from a closure, is told apart.
    """
    return [tf.identity(tensor) for tensor in tensors]


def _tape(tensors: list[Any], *, persistent: bool = False) -> tf.GradientTape:
    tape = tf.GradientTape(persistent=persistent, watch_accessed_variables=False)
    with tape:
        tape.watch(tensors)
    return tape


def _pulled(
    tape: tf.GradientTape, targets: Any, copies: list[Any], cotangents: Any
) -> list[Any]:
    """The gradients of `targets`, weighted with `cotangents`, over `copies`."""
    try:
        grads = tape.gradient(
            targets,
            copies,
            output_gradients=cotangents,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
    except LookupError as error:
        error.add_note(
            "TensorFlow has no derivative of this operation. `jvp`, `hvp`, `hessian` "
            "and nested derivatives differentiate the gradient of each operation too: "
            "write it with other operations, or choose another backend."
        )
        raise
    # The gradient of a gather comes as IndexedSlices: make it dense.
    return [tf.convert_to_tensor(grad) for grad in grads]


def _blocks(tape: tf.GradientTape, output: Any, copies: list[Any]) -> list[Any]:
    """The blocks of one output, each of shape `output.shape + copy.shape`."""
    if output.shape.rank == 0:
        return _pulled(tape, output, copies, None)
    shape = tf.shape(output)
    size = tf.reduce_prod(shape)
    basis = tf.reshape(
        tf.eye(size, dtype=output.dtype), tf.concat([[size], shape], axis=0)
    )
    rows = _each(lambda row: _pulled(tape, output, copies, row), basis, copies)
    shapes = [tf.concat([shape, tf.shape(copy)], axis=0) for copy in copies]
    return [
        tf.ensure_shape(tf.reshape(row, full), [*output.shape, *copy.shape])
        for row, full, copy in zip(rows, shapes, copies, strict=True)
    ]


def _each(
    pulled: Callable[[Any], list[Any]], basis: Any, copies: list[Any]
) -> list[Any]:
    """What `pulled` makes of every row of `basis`, stacked."""
    kinds = [tf.TensorSpec(copy.shape, copy.dtype) for copy in copies]
    if tf.executing_eagerly() and len(basis) <= _FEW:
        return tf.map_fn(pulled, basis, fn_output_signature=kinds)
    try:
        return tf.vectorized_map(pulled, basis, warn=False)
    except ValueError:  # the second derivative of a loop cannot be vectorized
        return tf.map_fn(pulled, basis, fn_output_signature=kinds)
