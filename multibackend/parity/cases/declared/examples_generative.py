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


@case
def vae() -> Any:
    from multibackend.examples import vae as example

    return example.main(epochs=2, samples=240)


@case
def flow_matching() -> Any:
    from multibackend.examples import flow_matching as example

    return example.main(epochs=1, samples=1024, tests=64)


@case
def flow_digits() -> Any:
    from multibackend.examples import flow_digits as example

    return example.main(epochs=1, samples=240)


@case
def language_model() -> Any:
    from multibackend.examples import language_model as example

    return example.main(epochs=1, steps=3, length=8)
