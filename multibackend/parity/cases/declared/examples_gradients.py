"""Cases: the examples whose steps take gradients of gradients, in a few steps."""

from __future__ import annotations

from typing import Any

from multibackend.parity.cases.case import case


@case
def pinn() -> Any:
    from multibackend.examples import pinn as example

    return example.main(epochs=2, steps=3, points=32, cells=32)


@case
def maml() -> Any:
    from multibackend.examples import maml as example

    return example.main(epochs=2, steps=3, tasks=4)


@case
def force_field() -> Any:
    from multibackend.examples import force_field as example

    numbers = example.main(epochs=2, samples=128)
    # rounding and nothing else, so no two backends agree in it
    return {name: numbers[name] for name in numbers if name != "rotation_gap"}


@case
def sam() -> Any:
    from multibackend.examples import sam as example

    numbers = example.main(epochs=2, samples=384)
    # two losses apart: the rounding of a loss is large beside their difference
    return {name: numbers[name] for name in numbers if "sharpness" not in name}


@case
def grad_cam() -> Any:
    from multibackend.examples import grad_cam as example

    return example.main(epochs=1, samples=240)
