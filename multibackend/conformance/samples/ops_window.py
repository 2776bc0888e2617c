"""Windows of `keras.ops`: each takes its length as a tensor."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import v
from multibackend.conformance.table import NUMPY, Table

T = Table("ops.window", "keras.ops", reference=NUMPY, jit=False)


def _of_whole(window: Callable[..., Any]) -> Callable[..., Any]:
    return lambda length: window(int(length))


for _name in ("bartlett", "blackman", "hamming", "hanning"):
    for _length in (1, 2, 5, 8):
        T(_name, f"{_length}", _length)
    T(_name, "nothing", 0)
    T(
        _name,
        "tensor",
        v(6, "int32"),
        checks=["forward"],
        ref=_of_whole(getattr(np, _name)),
    )
for _beta in (0.0, 5.0, 14.0):
    for _length in (1, 2, 7):
        T("kaiser", f"{_length}, beta {_beta:g}", _length, _beta)
T("kaiser", "nothing", 0, 3.0)
T("kaiser", "large beta", 5, 60.0)
T("kaiser", "whole beta", 5, 3)
T(
    "kaiser",
    "tensor",
    v(6, "int32"),
    8.6,
    checks=["forward"],
    ref=lambda m, beta: np.kaiser(int(m), beta),
)
