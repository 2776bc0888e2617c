"""What a check answers where plain outputs do not say it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["AbstainError", "NotApplicableError", "Related", "UnsupportedError"]


@dataclass(frozen=True)
class Related:
    """What came out, and what the same backend must yield by the check's own rule.

    A round trip, a compiled run, a row alone: each is judged against the plain run of
    its own backend, whatever other backends do.

    Attributes:
        observed: Nested arrays: what came out.
        expected: Nested arrays: what must come out. Its names are among those of
            `observed`; what it leaves out is judged across backends as usual.
        compute: The float dtype that was computed in, by the first part of an output's
            name; the working dtype for every other output.
    """

    observed: Any
    expected: Any
    compute: Mapping[str, str] = field(default_factory=dict[str, str])


class NotApplicableError(Exception):
    """A check finds nothing to ask of this subject; the text says why."""


class AbstainError(Exception):
    """A check cannot ask here, though it applies; the text says why."""


class UnsupportedError(Exception):
    """This backend cannot do what the check asks, though another may."""
