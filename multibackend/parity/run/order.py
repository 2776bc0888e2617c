"""In which order cases are run: as declared, or shuffled to find what leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from multibackend.parity.run.messages import Planned

__all__ = ["shuffled"]


def shuffled(cases: Sequence[Planned], seed: int | None) -> tuple[Planned, ...]:
    """The cases in the order of this seed; as they are where there is none.

    Two cases stand in the same order on every backend and machine, whatever other
    cases there are.
    """
    if seed is None:
        return tuple(cases)

    def place(case: Planned) -> bytes:
        return hashlib.sha256(f"{seed} {case.name}".encode()).digest()

    return tuple(sorted(cases, key=place))
