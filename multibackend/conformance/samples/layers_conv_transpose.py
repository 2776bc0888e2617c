"""Transposed convolutions: padding by strides by dilation by output padding."""

from functools import partial

from multibackend.conformance.draws import n
from multibackend.conformance.references.windows import conv_transpose, first
from multibackend.conformance.table import Table, bad

T = Table("layers.conv_transpose", "keras.layers")

_FEW = ("forward", "grad_inputs", "spec")
_SPACE = {"1D": (5,), "2D": (4, 5), "3D": (3, 4, 3)}
_VARIANTS = {
    "valid, strided, odd kernel": {"kernel_size": 3, "strides": 2},
    "valid, strided, even kernel": {"kernel_size": 4, "strides": 2},
    "valid, stride beyond the kernel": {"kernel_size": 2, "strides": 3},
    "same, even kernel": {"kernel_size": 4, "padding": "same"},
    "same, strided, odd kernel": {"kernel_size": 3, "strides": 2, "padding": "same"},
    "same, strided, even kernel": {"kernel_size": 4, "strides": 2, "padding": "same"},
    "same, stride 3": {"kernel_size": 3, "strides": 3, "padding": "same"},
    "same, stride beyond the kernel": {
        "kernel_size": 2,
        "strides": 3,
        "padding": "same",
    },
}
_FLAT = {
    "valid, dilated": {"kernel_size": 3, "dilation_rate": 2},
    "same, dilated": {"kernel_size": 3, "dilation_rate": 2, "padding": "same"},
    "valid, output padding": {"kernel_size": 3, "strides": 2, "output_padding": 1},
    "same, output padding": {
        "kernel_size": 3,
        "strides": 2,
        "padding": "same",
        "output_padding": 1,
    },
    "same, no output padding": {
        "kernel_size": 3,
        "strides": 2,
        "padding": "same",
        "output_padding": 0,
    },
    "same, even kernel, output padding": {
        "kernel_size": 4,
        "strides": 2,
        "padding": "same",
        "output_padding": 1,
    },
    "same, stride 3, output padding 2": {
        "kernel_size": 5,
        "strides": 3,
        "padding": "same",
        "output_padding": 2,
    },
}
#: What is asked in one and three dimensions, too.
_MOST = (
    "valid, stride beyond the kernel",
    "same, strided, even kernel",
    "same, stride 3",
    "same, output padding",
)
_NAMES = {
    "strides": "strides",
    "padding": "padding",
    "dilation_rate": "dilation",
    "output_padding": "extra",
}
_REFUSED = {
    "no filters": bad(filters=0, kernel_size=3),
    "output padding of a stride": bad(
        filters=4, kernel_size=3, strides=2, output_padding=2
    ),
    "strides and dilation": bad(filters=4, kernel_size=3, strides=2, dilation_rate=2),
}

for _rank, _space in _SPACE.items():
    _name, _x = f"Conv{_rank}Transpose", n(2, *_space, 3)
    T.make(
        _name,
        "valid",
        {"filters": 4, "kernel_size": 3},
        _x,
        ref=conv_transpose,
        refuses=_REFUSED,
    )
    for _label, _settings in (_VARIANTS | (_FLAT if _rank != "3D" else {})).items():
        if _rank != "2D" and _label not in _MOST:
            continue
        _options = {_NAMES[k]: v for k, v in _settings.items() if k in _NAMES}
        T.make(
            _name,
            _label,
            {"filters": 4, **_settings},
            _x,
            ref=partial(conv_transpose, **_options),
            checks=_FEW if _rank == "2D" else ("forward",),
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
            "use_bias": False,
        },
        n(2, 3, *_space),
        ref=first(partial(conv_transpose, strides=2, padding="same")),
        checks=["forward", "spec"],
    )
T.make(
    "Conv2DTranspose",
    "unequal strides",
    {"filters": 4, "kernel_size": (3, 4), "strides": (1, 3), "padding": "same"},
    n(2, 4, 5, 3),
    ref=partial(conv_transpose, strides=(1, 3), padding="same"),
    checks=_FEW,
)
