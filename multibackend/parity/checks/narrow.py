"""The narrowest float dtype that a subject computes in by its own policy."""

from __future__ import annotations

from multibackend.parity.checks.subject import Subject
from multibackend.parity.checks.sublayers import everything

__all__ = ["narrowest"]

_NARROW = ("float16", "bfloat16")


def narrowest(subject: Subject) -> str:
    """`"float16"` or `"bfloat16"` where a layer of it says so, else nothing.

    A layer with `dtype="mixed_bfloat16"` of its own computes in bfloat16 whatever the
    policy around it is; so do the layers of a model, and those that a layer holds.
    """
    if subject.kind not in ("layer", "model"):
        return ""
    found = {str(layer.compute_dtype) for layer in everything(subject.target)}
    return next((dtype for dtype in reversed(_NARROW) if dtype in found), "")
