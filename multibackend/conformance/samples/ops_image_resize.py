"""`keras.ops.image` that resample: interpolations by sizes by antialiasing by layouts."""

import itertools
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, u, v
from multibackend.conformance.table import Table, bad


def _cubic(x: Any) -> Any:
    inner = (1.5 * x - 2.5) * x * x + 1
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


def _lanczos(radius: int) -> Any:
    return lambda x: np.where(x <= radius, np.sinc(x) * np.sinc(x / radius), 0.0)


_KERNELS = {
    "bilinear": lambda x: np.maximum(1 - x, 0),
    "linear": lambda x: np.maximum(1 - x, 0),
    "bicubic": _cubic,
    "cubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def _along(
    x: Any,
    axis: int,
    count: int,
    scale: float,
    shift: float,
    method: str,
    *,
    antialias: bool,
) -> Any:
    """Resamples along one axis; the weights of what is inside add up to one."""
    length = x.shape[axis]
    places = (np.arange(count) + 0.5 - shift) / scale - 0.5
    if method == "nearest":
        return np.take(x, np.floor(places + 0.5).astype(int), axis)
    wide = max(1 / scale, 1.0) if antialias else 1.0
    weights = _KERNELS[method](np.abs(places[:, None] - np.arange(length)) / wide)
    weights = weights / weights.sum(1, keepdims=True)
    inside = (places >= -0.5) & (places <= length - 0.5)
    weights = np.where(inside[:, None], weights, 0.0)
    return np.moveaxis(np.tensordot(weights, x, ((1,), (axis,))), 0, axis)


def _resize(
    images: Any,
    size: Any,
    interpolation: str = "bilinear",
    *,
    antialias: bool = False,
    data_format: Any = None,
    **others: Any,
) -> Any:
    del others
    for axis, count in zip((-2, -1) if data_format else (-3, -2), size, strict=True):
        scale = count / images.shape[axis]
        images = _along(
            images, axis, count, scale, 0.0, interpolation, antialias=antialias
        )
    return images


def _translate(
    images: Any,
    output_shape: Any,
    scale: Any,
    translation: Any,
    spatial_dims: Any,
    method: str,
    *,
    antialias: bool = True,
) -> Any:
    for axis, by, shift in zip(spatial_dims, scale, translation, strict=True):
        count = output_shape[axis]
        images = _along(images, axis, count, by, shift, method, antialias=antialias)
    return images


T = Table(
    "ops.image_resize",
    "keras.ops.image",
    reference={"resize": _resize, "scale_and_translate": _translate},
)

_FIRST = "channels_first"
_IMAGES = u(2, 5, 6, 3)

T(
    "resize",
    "larger",
    _IMAGES,
    (8, 7),
    refuses={
        "an unknown interpolation": bad(_IMAGES, (3, 3), interpolation="best"),
        "a size of one number": bad(_IMAGES, (3,)),
        "two axes": bad(u(5, 6), (3, 3)),
        "crop and pad": bad(
            _IMAGES, (3, 3), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True
        ),
        "another filling": bad(
            _IMAGES, (3, 3), pad_to_aspect_ratio=True, fill_mode="nearest"
        ),
        "a size of zero": bad(_IMAGES, (0, 3)),
    },
)
T(
    "resize",
    "defaults",
    _IMAGES,
    (8, 7),
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
    checks=["forward"],
)
_SIZES = {"larger": (9, 8), "smaller": (2, 3), "uneven": (3, 11), "same": (5, 6)}
for _method, _antialias, _label in itertools.product(
    ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"), (False, True), _SIZES
):
    T(
        "resize",
        f"{_method}, {_label}{', antialias' if _antialias else ''}",
        _IMAGES,
        _SIZES[_label],
        interpolation=_method,
        antialias=_antialias,
        checks=["forward"],
    )
for _method in ("bilinear", "nearest", "bicubic"):
    T(
        "resize",
        f"{_method}, its gradient",
        _IMAGES,
        (3, 9),
        interpolation=_method,
        checks=["spec", "grad_inputs", "dtype"],
    )
    T(
        "resize",
        f"{_method}, channels first",
        u(2, 3, 5, 6),
        (3, 9),
        interpolation=_method,
        data_format=_FIRST,
        checks=["forward", "spec"],
    )
    T(
        "resize",
        f"{_method} of uint8",
        i(2, 5, 6, 3, high=256, dtype="uint8"),
        (3, 9),
        interpolation=_method,
        ref=False,
        checks=["forward", "spec"],
    )
    T(
        "resize",
        f"{_method}, ten to three and seven",
        u(1, 10, 10, 1),
        (3, 7),
        interpolation=_method,
        checks=["forward"],
    )
T("resize", "one image", u(5, 6, 3), (3, 9), checks=["forward", "spec"])
T(
    "resize",
    "one image, channels first",
    u(3, 5, 6),
    (3, 9),
    data_format=_FIRST,
    checks=["forward", "spec"],
)
T("resize", "int32", i(1, 5, 6, 1, low=-99, high=99), (3, 9), ref=False)
for _size in ((4, 4), (3, 8), (8, 3)):
    for _how in ("crop", "pad"):
        T(
            "resize",
            f"{_how} to {_size}",
            _IMAGES,
            _size,
            crop_to_aspect_ratio=_how == "crop",
            pad_to_aspect_ratio=_how == "pad",
            fill_value=0.5,
            ref=False,
            checks=["forward", "spec"],
        )
T(
    "resize",
    "pad one image, channels first",
    u(3, 5, 6),
    (4, 8),
    pad_to_aspect_ratio=True,
    fill_value=-1.0,
    data_format=_FIRST,
    ref=False,
    checks=["forward", "spec"],
)
T(
    "resize",
    "pad uint8",
    i(1, 5, 6, 3, high=256, dtype="uint8"),
    (4, 8),
    pad_to_aspect_ratio=True,
    ref=False,
    checks=["forward"],
)
T("resize", "from one pixel", u(1, 1, 1, 2), (3, 3), checks=["forward"])
T("resize", "to one pixel", _IMAGES, (1, 1), checks=["forward"])
T(
    "resize",
    "not a number",
    v([[[[1.0], [float("nan")], [2.0], [3.0]]]]),
    (1, 2),
    ref=False,
    checks=["forward"],
)

for _method, _antialias in itertools.product(
    ("linear", "bilinear", "cubic", "lanczos3", "lanczos5"), (True, False)
):
    T(
        "scale_and_translate",
        f"{_method}{', antialias' if _antialias else ''}",
        u(5, 6, 2),
        (7, 4, 2),
        v([1.5, 0.6]),
        v([0.3, -0.7]),
        (0, 1),
        _method,
        antialias=_antialias,
        checks=[] if _method == "linear" and _antialias else ["forward"],
    )
T(
    "scale_and_translate",
    "default antialias",
    u(5, 6),
    (7, 4),
    v([1.5, 0.6]),
    v([0.3, -0.7]),
    (0, 1),
    "linear",
    checks=["forward"],
    refuses={
        "an unknown method": bad(
            u(5, 6), (7, 4), v([1.0, 1.0]), v([0.0, 0.0]), (0, 1), "best"
        ),
        "one scale for two axes": bad(
            u(5, 6), (7, 4), v([1.0]), v([0.0, 0.0]), (0, 1), "linear"
        ),
    },
)
T(
    "scale_and_translate",
    "outside",
    u(5, 6),
    (7, 9),
    v([0.5, 0.5]),
    v([3.0, -2.0]),
    (0, 1),
    "cubic",
    checks=["forward"],
)
T(
    "scale_and_translate",
    "negative axes",
    u(2, 5, 6),
    (2, 5, 9),
    v([1.5]),
    v([0.0]),
    (-1,),
    "linear",
    # Asked without a batch the spec is told one by `output_shape` all the same.
    checks=["forward"],
)
T(
    "scale_and_translate",
    "int32",
    i(5, 6),
    (7, 4),
    v([1.5, 0.6]),
    v([0.3, -0.7]),
    (0, 1),
    "linear",
    ref=False,
    checks=["forward", "spec"],
)
