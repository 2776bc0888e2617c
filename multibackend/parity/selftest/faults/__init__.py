"""The planted faults: what the judge has to find."""

from __future__ import annotations

import pkgutil

__all__ = ["MODULES"]

#: Every module that plants faults, in the order of their names.
MODULES = tuple(
    f"{__name__}.{module.name}"
    for module in pkgutil.iter_modules(__path__)
    if not module.name.startswith("_")
)
