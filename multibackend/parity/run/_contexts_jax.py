"""One MLIR context for many programs that JAX compiles.

JAX 0.10.2 makes a context for each program, in which every dialect is loaded anew, and
keeps it as long as the program. A child compiles tens of thousands: of 800 small ones
it took 20 s and 1.3 GB, and with one context 13 s and 0.4 GB. Nobody's numbers change:
a context holds types and attributes, and the program stays the same, bit by bit.

A context only ever grows, so it is given up now and then; LLVM weighs the same two
(https://github.com/llvm/llvm-project/pull/217320: 3.7 ms a context).

There is no public way to say so. This is the one private name of JAX that is used, and
where it is missing (0.10.2 has it) every program has a context of its own, as before.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

try:
    from jax._src.interpreters import mlir
except ImportError:
    mlir = None

__all__ = ["share_contexts"]

# A context keeps each type and place in a source file that a program names.
_PROGRAMS = 500


@dataclass
class _Shared:
    """Hands out a context until so many programs were written in it."""

    make: Callable[[], Any]
    context: Any = None
    programs: int = 0

    def __call__(self) -> Any:
        if self.context is None or self.programs >= _PROGRAMS:
            self.context, self.programs = self.make(), 0
        self.programs += 1
        return self.context


def share_contexts() -> bool:
    """Lets the programs of this process share contexts; whether that could be done."""
    make = getattr(mlir, "make_ir_context", None)
    if mlir is None or make is None:
        return False
    if not isinstance(make, _Shared):
        mlir.make_ir_context = _Shared(make)
    return True
