"""Derivatives by jax.grad and jax.jvp, compiled as JAX users do; jax.jit; x64.

One by one, operations would take seconds to compile.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jax
import keras

from multibackend.parity.checks.pure import shapes_of

if TYPE_CHECKING:
    from multibackend.parity.checks.gradient import Scalar
    from multibackend.parity.checks.pure import Pure


def gradients(scalar: Scalar) -> tuple[list[Any], list[Any]]:
    """Gradients with respect to the variables, and to the tensors at `places`."""
    # Traced once a subject: its twins differ in numbers only, and those are arguments.
    compiled = scalar.memory.setdefault("grad", jax.jit(_gradient(scalar)))
    of_values, of_floats = compiled(*_arguments(scalar))
    return list(of_values), list(of_floats)


def hessian_product(
    scalar: Scalar, along_variables: list[Any], along_floats: list[Any]
) -> tuple[list[Any], list[Any]]:
    """How the gradients change along a direction: forward over reverse."""
    gradient = _gradient(scalar)

    def product(directions: Any, values: Any, floats: Any, *fixed: Any) -> Any:
        def moved(values: Any, floats: Any) -> Any:
            return gradient(values, floats, *fixed)

        return jax.jvp(moved, (values, floats), directions)[1]

    compiled = scalar.memory.setdefault("hvp", jax.jit(product))
    of_values, of_floats = compiled(
        (along_variables, along_floats), *_arguments(scalar)
    )
    return list(of_values), list(of_floats)


def _gradient(scalar: Scalar) -> Callable[..., Any]:
    def weighed(values: Any, floats: Any, rest: Any, tensors: Any) -> Any:
        full = list(tensors)
        for place, value in zip(scalar.places, floats, strict=True):
            full[place] = value
        variables = [*scalar.variables, *scalar.others]
        return _stateless(scalar.function, variables, [*values, *rest], full)

    return jax.grad(weighed, argnums=(0, 1))


def _arguments(scalar: Scalar) -> tuple[list[Any], ...]:
    return (
        [variable.value for variable in scalar.variables],
        scalar.floats,
        [variable.value for variable in scalar.others],
        scalar.tensors,
    )


def _stateless(
    function: Callable[[list[Any]], Any],
    variables: list[Any],
    values: list[Any],
    tensors: list[Any],
) -> Any:
    """Calls a function with these values in its variables, which keep their own."""
    state = zip(variables, values, strict=True)
    with keras.StatelessScope(state_mapping=state):
        return function(tensors)


def jit(pure: Pure) -> Any:
    """The outputs by `jax.jit`: variables are arguments and no constants."""

    def run(values: list[Any], tensors: list[Any]) -> Any:
        return _stateless(pure.function, pure.state, values, tensors)

    return jax.jit(run)([variable.value for variable in pure.state], pure.tensors)


_HOLE = object()


class _HiddenError(Exception):
    """What is traced keeps something between calls, or draws: a program would not."""


class _Program:
    """A function of tensors under one `jax.jit`, whatever else it returns."""

    def __init__(self, pure: Pure, *, watched: bool = False) -> None:
        """Traces nothing yet; a watched one refuses what it would not do twice."""
        self._fixed: list[Any] = []
        self._nested: Any = None
        self._called = pure.function

        def run(values: list[Any], tensors: list[Any]) -> Any:
            drawn = random.getstate()
            known = {id(variable) for variable in pure.state}
            state = zip(pure.state, values, strict=True)
            with keras.StatelessScope(
                state_mapping=state, collect_losses=True
            ) as scope:
                outputs = self._tensors(tensors)
            # Keras seeds by Python's generator what it makes without a seed.
            hidden = set(scope.state_mapping) - known or random.getstate() != drawn
            if watched and hidden:
                raise _HiddenError
            return outputs

        self._traced = run
        self._run = jax.jit(run)

    def _tensors(self, tensors: list[Any]) -> list[Any]:
        # What is no tensor stays as it is: jax.jit would make an array of a whole number.
        outputs = self._called(tensors)
        flat = keras.tree.flatten(outputs)
        held = [keras.ops.is_tensor(leaf) for leaf in flat]
        self._fixed = [
            _HOLE if is_held else leaf for leaf, is_held in zip(flat, held, strict=True)
        ]
        self._nested = keras.tree.map_structure(lambda _: None, outputs)
        return [leaf for leaf, is_held in zip(flat, held, strict=True) if is_held]

    def shapes(self, pure: Pure) -> list[tuple[int, ...] | None]:
        """The shapes of the outputs, with `None` for what is no tensor."""
        values = [variable.value for variable in pure.state]
        told = iter(jax.eval_shape(self._traced, values, pure.tensors))
        return [tuple(next(told).shape) if x is _HOLE else None for x in self._fixed]

    def __call__(self, pure: Pure) -> Any:
        values = [variable.value for variable in pure.state]
        tensors = iter(self._run(values, pure.tensors))
        full = [next(tensors) if leaf is _HOLE else leaf for leaf in self._fixed]
        return keras.tree.pack_sequence_as(self._nested, full)


def at_once(pure: Pure, *, kept: str | None = None) -> Any:
    """The outputs under one `jax.jit`; one by one where it cannot be traced.

    Args:
        pure: What to call.
        kept: The name by which the subject keeps the program, where the same function
            is called on other tensors of these shapes and dtypes again.
    """
    program = (
        pure.memory.get(kept, _Program(pure, watched=True)) if kept else _Program(pure)
    )
    outputs = None
    if program is not None:
        try:
            outputs = program(pure)
        except Exception:  # noqa: BLE001 - what the tracer refuses, eager code tells
            program = None
    if kept:
        pure.memory[kept] = program
    return pure.function(pure.tensors) if program is None else outputs


def shapes(pure: Pure) -> list[tuple[int, ...] | None]:
    """The shapes of the outputs; traced alone where that can be done."""
    try:
        return _Program(pure).shapes(pure)
    except Exception:  # noqa: BLE001 - what the tracer refuses, eager code tells
        return shapes_of(pure.function(pure.tensors))


#: What users compile with, by the name of its output: its title, and how.
COMPILERS = {"compiled": ("jax.jit", jit)}


@contextmanager
def wide() -> Generator[None]:
    """JAX computes in float64 only while x64 is on."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - as JAX does
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
