"""`grad_inputs`: the gradient with respect to the inputs.

A difference here trains every layer below differently.
"""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks.answer import NotApplicableError
from multibackend.parity.checks.gradient import gradients
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "loss", "function")


def observe(subject: Subject) -> Any:
    """Returns a gradient for each float input, named by its place."""
    found = gradients(subject)[1]
    if not found:
        message = "there is no float input to differentiate with respect to"
        raise NotApplicableError(message)
    return found
