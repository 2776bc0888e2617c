"""`hvp`: Is the second derivative along a seeded random direction the same?

A difference here changes what trains through a gradient: a gradient penalty, a
second-order optimizer, meta-learning, a physics-informed loss.
"""

from __future__ import annotations

from typing import Any

from multibackend.parity.checks.gradient import differentiable, hessian_product
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "loss", "function")


def applies(subject: Subject) -> bool:
    """Where there is something to differentiate."""
    return differentiable(subject)


def observe(subject: Subject) -> Any:
    """Returns a product for each trainable weight and each float input."""
    of_variables, of_inputs = hessian_product(subject)
    return of_variables | of_inputs
