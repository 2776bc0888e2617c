"""Cases: models of `SimpleDense`, compiled and as examples."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.cases.case import case


@case
def sequential() -> Any:
    import keras

    from multibackend.examples.three_models import sequential as build
    from multibackend.losses import SquareLoss

    model = build()
    model.compile(keras.optimizers.SGD(0.1), loss=SquareLoss())
    return model, (normal(16, 4), normal(16, 3))


@case
def functional() -> Any:
    import keras

    from multibackend.examples.three_models import functional as build
    from multibackend.losses import SquareLoss

    model = build()
    model.compile(keras.optimizers.SGD(0.1), loss=SquareLoss())
    return model, (normal(16, 4), normal(16, 3))


@case
def subclass() -> Any:
    import keras

    from multibackend.examples.three_models import Subclass
    from multibackend.losses import SquareLoss

    model = Subclass()
    model.compile(keras.optimizers.SGD(0.1), loss=SquareLoss())
    return model, (normal(16, 4), normal(16, 3))


@case
def simple_dense_example() -> Any:
    from multibackend.examples import simple_dense as example

    return example.main()


@case
def three_models() -> Any:
    from multibackend.examples import three_models as example

    return example.main()
