"""`Fault`: a planted fault's metadata, and the decorator that plants it.

A fault is a case whose function builds a faulty object on one backend, the victim,
and clean code on every other. What is known of it stands in a table that is read
without importing Keras: fault modules import Keras inside their functions only.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from multibackend import backends
from multibackend.inputs import seed_of
from multibackend.parity.cases.case import case
from multibackend.parity.selftest.plant import SIZES, Plant

__all__ = ["Fault", "faults", "planted"]


@dataclass(frozen=True)
class Fault:
    """One planted fault, as the score needs to know it.

    Attributes:
        case: The case's name, `module:name`.
        kind: What is wrong, such as `"epsilon"`.
        size: One of `SIZES`, from gross to barely above rounding.
        victim: The backend on which the object is faulty.
        checks: The only checks that are asked; all that apply if empty.
        site: What the judge has to name: the faulty sub-layer of a model, or the step
            and variable of a training; `None` where there is neither.
    """

    case: str
    kind: str
    size: str
    victim: str
    checks: tuple[str, ...] = ()
    site: str | None = None


# By module, in the order of declaration.
_PLANTED: dict[str, list[Fault]] = {}


def planted(
    kind: str,
    *,
    checks: Sequence[str],
    sizes: Sequence[str] = ("gross",),
    site: str | None = None,
    **options: Any,
) -> Callable[[Callable[[Plant], Any]], Callable[[Plant], Any]]:
    """Declares a fault: one case for each size, each on the next backend in turn.

    Args:
        kind: What is wrong.
        checks: The checks to ask: `forward` and those that could see it.
        sizes: How large it is, some of `SIZES`.
        site: What the judge has to name: a sub-layer, or a step and variable.
        **options: Given to `@case`.

    Returns:
        A decorator of a function that takes a `Plant` and returns what a case
        returns.

    Raises:
        ValueError: A size is unknown.
    """
    unknown = sorted(set(sizes) - set(SIZES))
    if unknown:
        message = f"Expected sizes among {', '.join(SIZES)}, received {unknown[0]!r}. Choose one of these."
        raise ValueError(message)

    def declare(function: Callable[[Plant], Any]) -> Callable[[Plant], Any]:
        for size in sizes:
            _ = plant_one(function, kind, size, tuple(checks), site, options)
        return function

    return declare


def plant_one(
    function: Callable[[Plant], Any],
    kind: str,
    size: str,
    checks: tuple[str, ...],
    site: str | None,
    options: dict[str, Any],
) -> Fault:
    """Declares one case of a fault, on the backend whose turn it is."""
    module = function.__module__
    earlier = _PLANTED.setdefault(module, [])
    turn = seed_of(module) + len(earlier)
    victim = backends.TRAINABLE[turn % len(backends.TRAINABLE)]
    label = f"{function.__name__}-{size}-{victim}"
    plant = Plant(label, victim, size)

    def build() -> Any:
        return function(plant)

    build.__module__ = module
    build.__code__ = build.__code__.replace(
        co_filename=function.__code__.co_filename,
        co_firstlineno=function.__code__.co_firstlineno,
    )
    declared = case(name=label, checks=checks, **options)(build)
    fault = Fault(declared.name, kind, size, victim, checks, site)
    earlier.append(fault)
    return fault


def faults(victims: Sequence[str] = backends.TRAINABLE) -> tuple[Fault, ...]:
    """Every planted fault whose victim is among these; imports no framework."""
    from multibackend.parity.selftest.faults import MODULES

    for module in MODULES:
        _ = importlib.import_module(module)
    every = itertools.chain.from_iterable(_PLANTED[module] for module in MODULES)
    return tuple(fault for fault in every if fault.victim in victims)
