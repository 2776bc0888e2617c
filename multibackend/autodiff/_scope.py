"""A Keras state scope that nests, and that remembers which variables were updated."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import keras

__all__ = ["Scope", "active"]

_OPEN = threading.local()


def active() -> bool:
    """Whether this code runs inside of such a scope."""
    return getattr(_OPEN, "count", 0) > 0


class Scope(keras.StatelessScope):
    """Variables read as `mapping` says inside; updates wait until the end.

    Keras' own scope forgets the values of a scope around it, and gives `None` for a
    variable without a value of its own, at which `Layer.losses` fails (3.15.1).

    Args:
        mapping: Pairs of a variable and the tensor that stands for it.
        updated: Filled with the variables that were assigned, by identity.
        copies: Whether to read a copy of variables that do not train. PyTorch writes
            an update in place, which a graph that is still to be used would notice.
    """

    def __init__(
        self,
        mapping: Sequence[tuple[Any, Any]],
        updated: dict[int, Any],
        *,
        copies: bool = False,
    ) -> None:
        super().__init__(mapping, collect_losses=True)
        self.updated = updated
        self._copies = copies
        self.original_scope: Any = None
        self._looking_outside = False

    def __enter__(self) -> Any:
        """Variables are read and updated here from now on."""
        _OPEN.count = getattr(_OPEN, "count", 0) + 1
        return super().__enter__()

    def __exit__(self, *args: Any, **kwargs: Any) -> None:
        """Variables are what they were before."""
        _OPEN.count -= 1
        super().__exit__(*args, **kwargs)

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Keeps the new value of a variable until the end."""
        super().add_update(update)
        self.updated[id(update[0])] = update[0]

    def get_current_value(self, variable: Any) -> Any:
        """Returns the value here, else in the scope around, else the variable's own."""
        value = super().get_current_value(variable)
        if value is not None or self._looking_outside:
            return value
        value = self._outside(variable)
        if self._copies and not variable.trainable:
            value = self.state_mapping[id(variable)] = keras.ops.copy(value)
        return value

    def _outside(self, variable: Any) -> Any:
        if self.original_scope is not None:
            return self.original_scope.get_current_value(variable)
        self._looking_outside = True
        try:
            return variable.value
        finally:
            self._looking_outside = False
