"""`keras.ops.conv_transpose`: paddings by strides by dilations by padded outputs."""

import itertools
from typing import Any

import numpy as np

from multibackend.conformance.draws import n
from multibackend.conformance.table import Table, bad


def _tuple(value: Any, rank: int) -> Any:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def _length(length: int, size: int, step: int, padding: str, more: Any) -> int:
    """How long Keras says that the output is."""
    if padding == "valid":
        more = max(step - size, 0) if more is None else more
        return (length - 1) * step + size + more
    if more is None:
        return length * step
    return (length - 1) * step + size % 2 + more


def _conv_transpose(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    output_padding: Any = None,
    data_format: Any = None,
    dilation_rate: Any = 1,
) -> Any:
    """The gradient of a convolution: each number is spread, then the edges are cut."""
    first = data_format == "channels_first"
    x = np.moveaxis(x, 1, -1) if first else x
    rank = x.ndim - 2
    steps, rates = _tuple(strides, rank), _tuple(dilation_rate, rank)
    mores = (None,) * rank if output_padding is None else _tuple(output_padding, rank)
    sizes = [(k - 1) * r + 1 for k, r in zip(kernel.shape, rates, strict=False)]
    whole = [
        (c - 1) * s + k for c, s, k in zip(x.shape[1:], steps, sizes, strict=False)
    ]
    lengths = [
        _length(length, *more)
        for length, *more in zip(
            x.shape[1:-1], sizes, steps, [padding] * rank, mores, strict=True
        )
    ]
    room = [max(pair) for pair in zip(whole, lengths, strict=True)]
    spread = np.zeros((x.shape[0], *room, kernel.shape[-2]))
    for place in np.ndindex(*kernel.shape[:rank]):
        where = tuple(
            slice(p * r, p * r + (c - 1) * s + 1, s)
            for p, r, c, s in zip(place, rates, x.shape[1:-1], steps, strict=True)
        )
        spread[(slice(None), *where)] += x @ kernel[place].T
    cuts = [
        max(w - length, 0) // 2 if padding == "same" else 0
        for w, length in zip(whole, lengths, strict=True)
    ]
    inner = [slice(c, c + length) for c, length in zip(cuts, lengths, strict=True)]
    x = spread[(slice(None), *inner)]
    return np.moveaxis(x, -1, 1) if first else x


T = Table(
    "ops.conv_transpose", "keras.ops", reference={"conv_transpose": _conv_transpose}
)

_FIRST = "channels_first"
_NAME = "conv_transpose"

T(
    _NAME,
    "image",
    n(2, 3, 4, 3),
    n(3, 2, 2, 3),
    strides=2,
    refuses={
        "an unknown padding": bad(n(2, 5, 3), n(2, 4, 3), padding="full"),
        "other channels": bad(n(2, 5, 3), n(2, 4, 2)),
        "a kernel of another rank": bad(n(2, 5, 3), n(2, 2, 4, 3)),
        "a padded output as long as the stride": bad(
            n(2, 5, 3), n(2, 4, 3), strides=2, output_padding=2
        ),
    },
)
T(
    _NAME,
    "defaults",
    n(2, 3, 3),
    n(2, 2, 3),
    strides=1,
    padding="valid",
    output_padding=None,
    data_format=None,
    dilation_rate=1,
    checks=["forward"],
)
for _size, _step, _padding in itertools.product(
    (1, 2, 3, 4, 5), (1, 2, 3), ("valid", "same")
):
    T(
        _NAME,
        f"{_padding}, {_size} by {_step}",
        n(2, 4, 3),
        n(_size, 2, 3),
        strides=_step,
        padding=_padding,
        checks=["forward", "grad_inputs"] if _size == 3 else ["forward"],
    )
for _size, _step, _padding, _more in itertools.product(
    (2, 3, 4), (2, 3), ("valid", "same"), (0, 1)
):
    T(
        _NAME,
        f"{_padding}, {_size} by {_step}, output padded by {_more}",
        n(2, 4, 3),
        n(_size, 2, 3),
        strides=_step,
        padding=_padding,
        output_padding=_more,
        checks=["forward"],
    )
for _size, _rate, _padding in itertools.product((2, 3), (2, 3), ("valid", "same")):
    T(
        _NAME,
        f"{_padding}, {_size} dilated by {_rate}",
        n(2, 4, 3),
        n(_size, 2, 3),
        dilation_rate=_rate,
        padding=_padding,
        checks=["forward"],
    )
for _padding in ("valid", "same"):
    T(
        _NAME,
        f"channels first, {_padding}",
        n(2, 3, 3, 4),
        n(3, 2, 2, 3),
        strides=2,
        padding=_padding,
        data_format=_FIRST,
        checks=["forward", "spec", "grad_inputs"],
    )
    T(
        _NAME,
        f"uneven, {_padding}",
        n(2, 3, 4, 3),
        n(3, 4, 2, 3),
        strides=(1, 2),
        padding=_padding,
        checks=["forward", "spec"],
    )
    T(
        _NAME,
        f"uneven, {_padding}, output padded",
        n(2, 3, 4, 3),
        n(3, 3, 2, 3),
        strides=(2, 3),
        padding=_padding,
        output_padding=(1, 2),
        checks=["forward", "spec"],
    )
    T(
        _NAME,
        f"volume, {_padding}",
        n(1, 2, 3, 2, 3),
        n(2, 3, 2, 2, 3),
        strides=2,
        padding=_padding,
        checks=["forward", "spec"],
    )
    T(
        _NAME,
        f"volume, channels first, {_padding}",
        n(1, 3, 2, 3, 2),
        n(2, 3, 2, 2, 3),
        strides=(1, 2, 1),
        padding=_padding,
        data_format=_FIRST,
        checks=["forward"],
    )
T(
    _NAME,
    "stride and dilation",
    n(2, 5, 3),
    n(2, 4, 3),
    strides=2,
    dilation_rate=2,
    checks=["forward"],
)
T(_NAME, "no examples", n(0, 4, 3), n(3, 2, 3), checks=["forward", "spec"])
