"""`training`: what comes out with training=True, and the state it leaves behind.

A difference here lets two backends train different models: batch statistics,
moving averages, losses that layers add.
"""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks.subject import Subject, values

KINDS = ("layer", "model")


def applies(subject: Subject) -> bool:
    """Where the object tells training from inference."""
    return subject.trains


def observe(subject: Subject) -> Any:
    """Returns the outputs, the added losses and the non-trainable weights after."""
    return {
        "outputs": subject.call(subject.inputs(), training=True),
        "losses": list(subject.target.losses),
        "state": values(subject.target.non_trainable_weights),
    }
