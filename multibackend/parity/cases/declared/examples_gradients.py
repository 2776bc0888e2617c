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
