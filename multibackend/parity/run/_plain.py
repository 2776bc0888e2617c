"""A backend without a file of its own inside a child: no switch, its word for a device."""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks._plain import wide

__all__ = ["device", "prepare", "wide"]


def prepare(threads: int) -> dict[str, Any]:
    """Sets nothing: the variables of `settings` are all that there is."""
    del threads
    return {}


def device(tensor: Any) -> tuple[str, str]:
    """Kind and name of the device that holds a tensor; `cpu` where it does not say."""
    name = str(getattr(tensor, "device", "cpu"))
    return ("gpu" if "gpu" in name.lower() else "cpu"), name
