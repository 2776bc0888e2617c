"""What layers learn from data before they are called, such as a mean and a variance."""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks.sublayers import everything

__all__ = ["adapted"]


def adapted(target: Any) -> list[Any]:
    """The variables of the layers that have `adapt`, of a layer or model.

    They are equal on all backends where the data is, and mean nothing as random numbers.
    On torch such a layer computes with the very tensors of its variables, elsewhere with
    copies, so that only there an assignment would be seen (keras 3.15.1).
    """
    layers = [layer for layer in everything(target) if hasattr(layer, "adapt")]
    return [variable for layer in layers for variable in layer.variables]
