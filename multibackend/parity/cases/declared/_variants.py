"""`@variant`: one more case of an object whose first case is asked everything.

A mask, a shape of one, another argument changes what is computed, its gradient and its
shapes; how it is compiled, saved and written down is what the first case tells, and
costs seconds a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from multibackend.parity.cases.case import Bad, Case, case

__all__ = ["variant"]

_ELSEWHERE = (
    *("jit", "hvp", "dtype", "config", "save", "fit"),
    *("random", "batch", "determinism"),
)


def variant(
    *,
    reference: Callable[..., Any] | None = None,
    skip: Mapping[str, str] | None = None,
    bad: Bad | None = None,
) -> Callable[[Callable[[], Any]], Case]:
    """Declares a case as `@case` does, without the checks that one case answers for all.

    Args:
        reference: As for `case`.
        skip: As for `case`: further checks, each with its reason.
        bad: As for `case`.
    """
    return case(reference=reference, skip=skip, elsewhere=_ELSEWHERE, bad=bad)
