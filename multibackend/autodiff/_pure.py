"""A function made pure: tensors in, tensors and the updates of variables out.

The tensors to differentiate over become its arguments, also where they are variables,
and the updates that it makes to variables become results. So the private file of a
framework only differentiates, and all backends mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from multibackend.autodiff import _checks
from multibackend.autodiff._scope import Scope


@dataclass(frozen=True)
class Over:
    """What to differentiate over: arguments by position, or variables.

    Attributes:
        positions: The positions of the arguments; unused with variables.
        variables: Keras variables, or `None`.
        single: Whether one argument was named, and not a tuple of them.
    """

    positions: tuple[int, ...]
    variables: list[Any] | None
    single: bool

    @classmethod
    def checked(cls, argnums: Any, variables: Sequence[Any] | None) -> Over:
        """Reads the two arguments that say it."""
        if variables is None:
            single = not isinstance(argnums, tuple)
            return cls(_checks.positions(argnums), None, single)
        if argnums != 0:
            message = (
                "Expected either `argnums` or `variables`, received both. To "
                "differentiate over both, nest one inside the other or make the "
                "tensor a variable."
            )
            raise ValueError(message)
        return cls((), _checks.variables(variables), single=False)

    @classmethod
    def all_of(cls, primals: Sequence[Any], variables: Sequence[Any] | None) -> Over:
        """All the arguments, or else the variables."""
        if variables is not None:
            return cls.checked(0, variables)
        return cls.checked(tuple(range(len(primals))), None)


class Pure:
    """`fn` at given arguments, as a function of a flat list of tensors.

    Args:
        fn: What to differentiate.
        args: Its positional arguments.
        kwargs: Its other arguments.
        over: What to differentiate over.
        has_aux: Whether it returns `(outputs, aux)`.
        scalar: Whether its output must be a scalar; else any structure of tensors.
        outlives: Whether the derivative is asked after the updates were written.

    Attributes:
        tensors: The flat list to call it with.
        chosen: The same as a tuple, nested as the caller gave them.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        over: Over,
        *,
        has_aux: bool,
        scalar: bool = False,
        outlives: bool = False,
    ) -> None:
        self._fn, self._kwargs, self._over = fn, kwargs, over
        self._has_aux, self._scalar, self._outlives = has_aux, scalar, outlives
        self._args = [keras.tree.map_structure(_tensor_of_numpy, arg) for arg in args]
        self._updated: dict[int, Any] = {}
        self._returned: Any = None
        self.chosen: Any
        if over.variables is None:
            self.chosen = tuple(
                _checks.tensors_at(self._args, position) for position in over.positions
            )
        else:
            self.chosen = tuple(map(keras.ops.convert_to_tensor, over.variables))
        self.tensors: list[Any] = keras.tree.flatten(self.chosen)

    def __call__(self, flat: list[Any]) -> tuple[Any, Any]:
        """Returns the scalar or the list of outputs, and what `finish` wants."""
        given = keras.tree.pack_sequence_as(self.chosen, flat)
        arguments, mapping = list(self._args), []
        if self._over.variables is None:
            for position, argument in zip(self._over.positions, given, strict=True):
                arguments[position] = argument
        else:
            mapping = list(zip(self._over.variables, given, strict=True))
        self._updated = {}
        with Scope(mapping, self._updated, copies=self._outlives) as scope:
            returned = self._fn(*arguments, **self._kwargs)
            value, aux = _checks.split(returned, has_aux=self._has_aux)
            if self._scalar:
                outputs = _checks.scalar(value)
            else:
                outputs = _checks.outputs(value)
                self._returned = keras.tree.map_structure(lambda _: 0, value)
        states = [scope.get_current_value(v) for v in self._updated.values()]
        return outputs, (aux, states)

    def finish(self, rest: Any) -> Any:
        """Writes the updates to the variables, and returns `aux`."""
        aux, states = rest
        for variable, state in zip(self._updated.values(), states, strict=True):
            variable.assign(state)
        return aux

    def inputs(self, flat: Sequence[Any]) -> Any:
        """One thing for each tensor, nested as what is differentiated over."""
        packed = keras.tree.pack_sequence_as(self.chosen, list(flat))
        if self._over.variables is not None:
            return list(packed)
        return packed[0] if self._over.single else packed

    def outputs(self, flat: Sequence[Any]) -> Any:
        """One thing for each output, nested as `fn` returned them."""
        return keras.tree.pack_sequence_as(self._returned, list(flat))

    def slopes(self, framework: Any) -> Callable[[list[Any]], tuple[list[Any], Any]]:
        """The gradient of the scalar, as a pure function again."""

        def gradient(flat: list[Any]) -> tuple[list[Any], Any]:
            _, rest, grads = framework.value_and_grad(self, flat)
            return grads, rest

        return gradient


def _tensor_of_numpy(leaf: Any) -> Any:
    known = isinstance(leaf, np.ndarray | np.generic)
    return keras.ops.convert_to_tensor(leaf) if known else leaf
