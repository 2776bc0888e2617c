"""Keeps Python's garbage collector from looking through everything again and again.

A child that ran a thousand cases holds millions of objects: what a framework traced and
compiled. A full collection then takes seconds, and Keras asks for one by itself, as in
`Layer.__delattr__`, which `Layer.quantize` reaches.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass

__all__ = ["Tidy"]

# After so many cases a collection takes 0.2 s; a case takes about as long.
_EVERY = 100


@dataclass
class Tidy:
    """Sets aside what outlived many cases: it is not looked through again.

    Such an object still goes when the last reference to it does.
    """

    cases: int = 0

    def after_case(self) -> None:
        """Counts a case, and collects and sets aside after every hundredth."""
        self.cases += 1
        if self.cases % _EVERY == 0:
            _ = gc.collect()
            gc.freeze()
