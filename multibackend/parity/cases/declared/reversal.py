"""Cases: `GradientReversal`. Its gradient is another function's, named beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal
from multibackend.parity.cases.case import case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _same(x: Array, *, weights: Weights) -> Array:
    del weights
    return x


def _turned(x: Array, *, weights: Weights) -> Array:
    del weights
    return -x


def _turned_by_a_third(x: Array, *, weights: Weights) -> Array:
    del weights
    return -0.3 * x


#: By case: the function whose derivative the gradient is.
SURROGATES = {
    "gradient_reversal": _turned,
    "gradient_reversal_factor": _turned_by_a_third,
}


def _no_reversal() -> Mapping[str, Any]:
    from multibackend.layers import GradientReversal

    return {
        "whole numbers": lambda: GradientReversal(dtype="int32")(np.arange(3)),
        "a factor that is no number": lambda: GradientReversal("one"),  # pyright: ignore[reportArgumentType]
        "an infinite factor": lambda: GradientReversal(float("inf")),
    }


@case(reference=_same, bad=_no_reversal)
def gradient_reversal() -> Any:
    from multibackend.layers import GradientReversal

    return GradientReversal(), normal(4, 16)


@variant(reference=_same)
def gradient_reversal_factor() -> Any:
    from multibackend.layers import GradientReversal

    return GradientReversal(0.3), normal(2, 5, 3)
