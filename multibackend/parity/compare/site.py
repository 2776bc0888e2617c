"""The site of a difference that the verdict itself tells: the first step and variable."""

from __future__ import annotations

import re

from multibackend.parity.compare.verdict import Difference, Verdict

__all__ = ["step_site"]

_STEP = re.compile(r"step (\d+)/(\w+)/(.+)")

# Of one step: a weight is what users know best; a slot is next; then loss and metrics.
_GROUPS = ("weights", "slots", "logs")


def step_site(verdict: Verdict) -> str | None:
    """Names the first training step that differs, and the variable that is worst there.

    Args:
        verdict: A verdict whose outputs are named `step 2/weights/dense/kernel`.

    Returns:
        Such as `step 2, dense/kernel`: a weight where one differs in that step, else
        an optimizer slot, else the loss or a metric. `None` where no step differs.
    """
    found = [(_place(d), d) for d in verdict.differences]
    placed = [(place, d) for place, d in found if place is not None]
    if not placed:
        return None
    (step, _, name), _ = min(placed, key=lambda pair: (*pair[0][:2], -_size(pair[1])))
    return f"step {step}, {name}"


def _place(difference: Difference) -> tuple[int, int, str] | None:
    """Step, group and name, or `None` for what belongs to no step."""
    match = _STEP.fullmatch(difference.output)
    if match is None:
        return None
    step, group, name = match.groups()
    rank = _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)
    return int(step), rank, name


def _size(difference: Difference) -> float:
    return float("inf") if difference.ratio is None else difference.ratio
