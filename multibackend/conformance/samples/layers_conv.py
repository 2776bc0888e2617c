"""Convolutions: padding by strides by dilation by groups, kernels odd and even."""

from functools import partial

from multibackend.conformance.draws import n
from multibackend.conformance.references.windows import (
    conv,
    depthwise,
    first,
    separable,
)
from multibackend.conformance.table import Table, bad

T = Table("layers.conv", "keras.layers")

_FEW = ("forward", "grad_inputs")
_SHAPES = {"1D": (7,), "2D": (7, 6), "3D": (4, 5, 4)}
_ZERO = {"no filters": bad(filters=0, kernel_size=3)}
_GROUPS = {"groups that divide nothing": bad(filters=4, kernel_size=3, groups=3)}
_BOTH = {
    "strides and dilation": bad(filters=4, kernel_size=3, strides=2, dilation_rate=2)
}

for _rank, _space in _SHAPES.items():
    _x, _name = n(2, *_space, 4), f"Conv{_rank}"
    T.make(
        _name,
        "valid",
        {"filters": 6, "kernel_size": 3},
        _x,
        ref=conv,
        refuses=_ZERO | _GROUPS | _BOTH,
    )
    for _label, _settings, _options in (
        ("same, even kernel", {"kernel_size": 2, "padding": "same"}, {}),
        ("same, strided", {"kernel_size": 3, "padding": "same", "strides": 2}, {}),
        (
            "same, dilated",
            {"kernel_size": 2, "padding": "same", "dilation_rate": 2},
            {"dilation": 2},
        ),
        ("groups", {"kernel_size": 2, "groups": 2, "use_bias": False}, {}),
        (
            "same, groups, strided, even kernel",
            {"kernel_size": 2, "groups": 2, "strides": 2, "padding": "same"},
            {},
        ),
    ):
        if _rank == "3D" and _label not in ("same, strided", "groups"):
            continue
        _kept = {k: v for k, v in _settings.items() if k in ("padding", "strides")}
        _kept |= {"groups": _settings.get("groups", 1)} | _options
        T.make(
            _name,
            _label,
            {"filters": 6, **_settings},
            _x,
            ref=partial(conv, **_kept),
            checks=_FEW,
        )
    T.make(
        _name,
        "channels first, same, strided",
        {
            "filters": 4,
            "kernel_size": 3,
            "strides": 2,
            "padding": "same",
            "data_format": "channels_first",
        },
        n(2, 4, *_space),
        ref=first(
            lambda x, weights: (
                conv(
                    x, weights={"kernel": weights["kernel"]}, strides=2, padding="same"
                )
                + weights["bias"]
            )
        ),
        checks=(*_FEW, "spec"),
    )

T.make(
    "Conv1D",
    "causal, dilated",
    {"filters": 6, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
    n(2, 7, 4),
    ref=partial(conv, padding="causal", dilation=2),
    checks=(*_FEW, "spec"),
)
T.make(
    "Conv1D",
    "causal, strided",
    {"filters": 6, "kernel_size": 2, "padding": "causal", "strides": 3},
    n(2, 7, 4),
    ref=partial(conv, padding="causal", strides=3),
    checks=_FEW,
)
T.make(
    "Conv2D",
    "dilated by (1, 3)",
    {"filters": 6, "kernel_size": (3, 2), "dilation_rate": (1, 3)},
    n(2, 7, 6, 4),
    ref=partial(conv, dilation=(1, 3)),
    checks=_FEW,
)
T.make(
    "Conv2D",
    "same, unequal strides",
    {"filters": 6, "kernel_size": (3, 2), "strides": (1, 2), "padding": "same"},
    n(2, 7, 6, 4),
    ref=partial(conv, strides=(1, 2), padding="same"),
    checks=_FEW,
)
T.make(
    "Conv2D",
    "stride beyond the kernel",
    {"filters": 3, "kernel_size": 1, "strides": 3, "padding": "same"},
    n(2, 7, 6, 4),
    ref=partial(conv, strides=3, padding="same"),
    checks=_FEW,
)
T.make(
    "Conv2D",
    "kernel larger than a same-padded image",
    {"filters": 3, "kernel_size": 5, "padding": "same"},
    n(2, 2, 3, 4),
    ref=partial(conv, padding="same"),
    checks=_FEW,
)
T.make(
    "Conv2D",
    "image smaller than the kernel",
    {"filters": 3, "kernel_size": 3},
    n(2, 4, 4, 2),
    checks=["errors"],
    refuses={"too small": bad(n(2, 2, 2, 2)), "other channels": bad(n(2, 4, 4, 3))},
)
T.make(
    "Conv2D",
    "no rows",
    {"filters": 3, "kernel_size": 3, "padding": "same"},
    n(0, 4, 4, 2),
    checks=["forward", "spec"],
)
T.make(
    "Conv2D",
    "relu, penalized",
    {"filters": 3, "kernel_size": 3, "activation": "relu", "kernel_regularizer": "l2"},
    n(2, 4, 4, 2),
    checks=["forward", "grad_weights"],
)
T.make(
    "Conv2D",
    "low rank",
    {"filters": 3, "kernel_size": 3, "lora_rank": 2},
    n(2, 4, 4, 2),
    checks=["forward"],
)

for _rank in ("1D", "2D"):
    _space = _SHAPES[_rank]
    _x = n(2, *_space, 3)
    T.make(
        f"DepthwiseConv{_rank}",
        "valid",
        {"kernel_size": 3, "depth_multiplier": 2},
        _x,
        ref=depthwise,
        refuses={"no size": bad(kernel_size=0)},
    )
    T.make(
        f"SeparableConv{_rank}",
        "valid",
        {"filters": 4, "kernel_size": 3, "depth_multiplier": 2},
        _x,
        ref=separable,
        refuses=_ZERO,
    )
    for _label, _settings, _options in (
        (
            "same, even kernel, strided",
            {"kernel_size": 2, "padding": "same", "strides": 2},
            {"padding": "same", "strides": 2},
        ),
        (
            "same, dilated",
            {"kernel_size": 2, "padding": "same", "dilation_rate": 2},
            {"padding": "same", "dilation": 2},
        ),
    ):
        T.make(
            f"DepthwiseConv{_rank}",
            _label,
            {"depth_multiplier": 2, **_settings},
            _x,
            ref=partial(depthwise, **_options),
            checks=_FEW,
        )
        T.make(
            f"SeparableConv{_rank}",
            _label,
            {"filters": 4, **_settings},
            _x,
            ref=partial(separable, **_options),
            checks=_FEW,
        )
    for _name, _more in (("DepthwiseConv", {}), ("SeparableConv", {"filters": 4})):
        T.make(
            f"{_name}{_rank}",
            "channels first, same, strided",
            {
                "kernel_size": 3,
                "strides": 2,
                "padding": "same",
                "data_format": "channels_first",
                **_more,
            },
            n(2, 3, *_space),
            checks=(*_FEW, "spec"),
        )
