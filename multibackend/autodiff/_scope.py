"""A Keras state scope that nests, and that remembers which variables were updated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


class Scope(keras.StatelessScope):
    """Variables read as `mapping` says inside; updates wait until the end.

    Keras' own scope forgets the values of a scope around it, and gives `None` for a
    variable without a value of its own, at which `Layer.losses` fails (3.15.1).

    Args:
        mapping: Pairs of a variable and the tensor that stands for it.
        updated: Filled with the variables that were assigned, by identity.
    """

    def __init__(
        self, mapping: Sequence[tuple[Any, Any]], updated: dict[int, Any]
    ) -> None:
        super().__init__(mapping, collect_losses=True)
        self.updated = updated
        self.original_scope: Any = None
        self._looking_outside = False

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Keeps the new value of a variable until the end."""
        super().add_update(update)
        self.updated[id(update[0])] = update[0]

    def get_current_value(self, variable: Any) -> Any:
        """Returns the value here, else in the scope around, else the variable's own."""
        value = super().get_current_value(variable)
        if value is not None or self._looking_outside:
            return value
        if self.original_scope is not None:
            return self.original_scope.get_current_value(variable)
        self._looking_outside = True
        try:
            return variable.value
        finally:
            self._looking_outside = False
