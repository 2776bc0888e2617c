"""Which Keras variables a function reads and updates, found by running it on stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multibackend.autodiff._scope import Scope
from multibackend.tracing._private import born_inside
from multibackend.tracing.errors import TraceError

__all__ = ["Lifting"]


class Lifting(Scope):
    """Gives each variable a stand-in when it is first read, and remembers it.

    Args:
        stand_in: From a variable to the tensor that stands for its value.
    """

    def __init__(self, stand_in: Callable[[Any], Any]) -> None:
        super().__init__([], {})
        # What is made inside is refused; stand-ins could not start it.
        self.initialize_variables = False
        self._stand_in = stand_in
        self.lifted: dict[int, Any] = {}

    def get_current_value(self, variable: Any) -> Any:
        """Returns what stands for the variable, or what it was assigned."""
        key = id(variable)
        value = self.state_mapping.get(key)
        if value is None:
            if born_inside(variable):
                message = (
                    "Expected every Keras object to exist, and to be built, before the "
                    f"compiled function runs, but it makes the variable "
                    f"{variable.path!r}. Make and build the layer, optimizer or metric "
                    "outside: call it once, or `build()` it."
                )
                raise TraceError(message)
            self.lifted[key] = variable
            value = self.state_mapping[key] = self._stand_in(variable)
        return value

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Keeps the new value of a variable; it counts as read, too."""
        variable, _ = update
        if id(variable) not in self.lifted:
            self.get_current_value(variable)
        super().add_update(update)
