"""`grad_weights`: the gradient with respect to the trainable weights.

A difference here is a different training, even where the outputs agree.
"""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks.gradient import gradients
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model")


def applies(subject: Subject) -> bool:
    """Where there is a weight to train."""
    return bool(subject.trainable)


def observe(subject: Subject) -> Any:
    """Returns a gradient for each trainable weight, named by its path."""
    return gradients(subject)[0]
