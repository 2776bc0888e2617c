"""Cases: the examples that generate, in a few steps."""

from __future__ import annotations

from typing import Any

from multibackend.parity.cases.case import case


@case
def wgan_gp() -> Any:
    from multibackend.examples import wgan_gp as example

    numbers = example.main(epochs=1, samples=500)  # six steps of the critic
    # Not the distance: roots of eigenvalues that are zero but for rounding.
    return {name: numbers[name] for name in ("loss", "norm", "images")}
