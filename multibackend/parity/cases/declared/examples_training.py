"""Cases: the examples that train with `compile` and `fit`, in short."""

from __future__ import annotations

from typing import Any

from multibackend.parity.cases.case import case


@case
def compiling() -> Any:
    from multibackend.examples import compiling as example

    # The other optimizers and losses are cases of their own, see `training`.
    return example.main(epochs=2, recipes=["two classes"])


@case
def loss_guide() -> Any:
    from multibackend.examples import loss_guide as example

    return example.main()


@case
def fit_data() -> Any:
    from multibackend.examples import fit_data as example

    # Sources that every environment has: another framework is a slow import.
    return example.main(epochs=2, sources=["PyDataset"])


@case
def validation() -> Any:
    from multibackend.examples import validation as example

    return example.main(epochs=2, samples=160)


@case
def inference() -> Any:
    from multibackend.examples import inference as example

    return example.main(epochs=1, samples=150)


@case
def digits() -> Any:
    from multibackend.examples import digits as example

    return example.main(epochs=1, samples=320)
