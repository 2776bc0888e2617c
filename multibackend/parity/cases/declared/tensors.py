"""Cases: the mathematics of the notes, and the examples about tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import case

Array = npt.NDArray[Any]


def _matmul(left: Array, right: Array) -> Array:
    return left @ right


def _lengths(matrix: Array) -> Array:
    return np.sqrt(np.sum(matrix**2, axis=-1))


def _with_first_zero(matrix: Array) -> Array:
    changed = matrix.copy()
    changed[0, 0] = 0
    return changed


@case(reference=np.square)
def square() -> Any:
    import keras

    return keras.ops.square, normal(3, 4)


@case(reference=np.sqrt)
def sqrt() -> Any:
    import keras

    # Away from 0, where the derivative has no bound.
    return keras.ops.sqrt, uniform(3, 4, low=0.1, high=4.0)


@case(reference=_matmul)
def matmul() -> Any:
    import keras

    return keras.ops.matmul, normal(3, 16), normal(16, 5)


@case(reference=_lengths)
def length_of_rows() -> Any:
    from multibackend.examples.mathematics import length_of_rows as lengths

    return lengths, normal(5, 3)


@case(reference=_with_first_zero)
def slice_update() -> Any:
    from multibackend.examples.tensors import with_first_zero

    return with_first_zero, normal(3, 2)


@case
def tensors() -> Any:
    from multibackend.examples import tensors as example

    return example.main()


@case
def variables() -> Any:
    from multibackend.examples import variables as example

    return example.main()


@case
def mathematics() -> Any:
    from multibackend.examples import mathematics as example

    return example.main()


@case
def who_computes() -> Any:
    from multibackend.examples import who_computes as example

    return example.main()
