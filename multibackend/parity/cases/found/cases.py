"""Cases made of what modules offer."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from multibackend.parity.cases.case import Case
from multibackend.parity.cases.found.objects import objects
from multibackend.parity.cases.found.settle import Settled

__all__ = ["made_of"]


def made_of(modules: Iterable[ModuleType]) -> list[Case]:
    """A case for each class and function, under the first module that offers it."""
    cases: dict[int, Case] = {}
    for module in modules:
        for found in objects(module):
            if id(found.value) not in cases:
                file, line = found.place
                cases[id(found.value)] = Case(found.name, Settled(found), file, line)
    return list(cases.values())
