"""Cases: the linear classifier from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.cases.case import case

Array = npt.NDArray[Any]


def _losses(inputs: Array, targets: Array, kernel: Array, bias: Array) -> Array:
    """The same 40 steps, with the gradients of the square loss by hand."""
    losses: list[Any] = []
    for _ in range(40):
        errors = inputs @ kernel + bias - targets  # (points, 1)
        losses.append(np.mean(errors**2))
        slope = 2 * errors / len(errors)
        kernel = kernel - 0.1 * inputs.T @ slope
        bias = bias - 0.1 * slope.sum(axis=0)
    return np.stack(losses)


@case(reference=_losses, checks=["forward"])  # it makes variables, so it is not pure
def linear_classifier_losses() -> Any:
    from multibackend.examples.linear_classifier import clouds, start, train

    def losses(inputs: Any, targets: Any, kernel: Any, bias: Any) -> Any:
        return train(inputs, targets, kernel, bias)["losses"]

    return losses, *clouds(), *start()


@case
def linear_classifier() -> Any:
    from multibackend.examples import linear_classifier as example

    return example.main()
