"""Cases: the examples that hand knowledge on, in a few steps."""

from __future__ import annotations

from typing import Any

from multibackend.parity.cases.case import case


@case
def distillation() -> Any:
    from multibackend.examples import distillation as example

    return example.main(epochs=2, samples=240)


@case
def contrastive() -> Any:
    from multibackend.examples import contrastive as example

    return example.main(epochs=1, samples=320)


@case
def actor_critic() -> Any:
    from multibackend.examples import actor_critic as example

    numbers = example.main(epochs=4, carts=16, steps=8)
    # Not how long the poles stand: thousands of choices, each with its consequences.
    return {name: numbers[name] for name in ("loss", "failures", "values")}
