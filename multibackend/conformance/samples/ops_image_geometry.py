"""`keras.ops.image` that move pixels: transforms, coordinates, crops, pads, patches."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from multibackend.conformance.draws import i, u, v
from multibackend.conformance.table import Table, bad

# What SciPy calls them.
_MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "wrap": "grid-wrap",
    "mirror": "mirror",
    "reflect": "reflect",
}


def _map(
    inputs: Any,
    coordinates: Any,
    order: int,
    fill_mode: str = "constant",
    fill_value: float = 0,
) -> Any:
    return ndimage.map_coordinates(
        inputs, coordinates, order=order, mode=_MODES[fill_mode], cval=fill_value
    )


def _sampled(image: Any, where: Any, order: int, mode: str, value: float) -> Any:
    """An image of the last axis for channels, at `where = (rows, columns)`."""
    channels = [
        _map(image[..., c], where, order, mode, value) for c in range(image.shape[-1])
    ]
    return np.stack(channels, -1)


def _affine(
    images: Any,
    transform: Any,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0,
    data_format: Any = None,
) -> Any:
    if images.ndim == 3:
        given = interpolation, fill_mode, fill_value, data_format
        return _affine(images[None], transform, *given)[0]
    images = np.moveaxis(images, 1, -1) if data_format else images
    transform = np.broadcast_to(transform, (len(images), 8))
    rows, columns = np.indices(images.shape[1:3])
    order = int(interpolation == "bilinear")
    outputs = []
    for image, (a0, a1, a2, b0, b1, b2, *c) in zip(images, transform, strict=True):
        below = c[0] * columns + c[1] * rows + 1
        x = (a0 * columns + a1 * rows + a2) / below
        y = (b0 * columns + b1 * rows + b2) / below
        outputs.append(_sampled(image, (y, x), order, fill_mode, fill_value))
    outputs = np.stack(outputs)
    return np.moveaxis(outputs, -1, 1) if data_format else outputs


def _perspective(
    images: Any,
    start_points: Any,
    end_points: Any,
    interpolation: str = "bilinear",
    fill_value: float = 0,
    data_format: Any = None,
) -> Any:
    """The homography takes each end point to its start point."""
    if images.ndim == 3:
        given = interpolation, fill_value, data_format
        points = start_points[None], end_points[None]
        return _perspective(images[None], *points, *given)[0]
    images = np.moveaxis(images, 1, -1) if data_format else images
    rows, columns = np.indices(images.shape[1:3])
    outputs = []
    for image, starts, ends in zip(images, start_points, end_points, strict=True):
        lines, known = [], []
        for (x, y), (u_, v_) in zip(starts, ends, strict=True):
            lines += [
                [u_, v_, 1, 0, 0, 0, -x * u_, -x * v_],
                [0, 0, 0, u_, v_, 1, -y * u_, -y * v_],
            ]
            known += [x, y]
        a = np.linalg.solve(np.asarray(lines), np.asarray(known))
        below = a[6] * columns + a[7] * rows + 1
        x = (a[0] * columns + a[1] * rows + a[2]) / below
        y = (a[3] * columns + a[4] * rows + a[5]) / below
        order = int(interpolation == "bilinear")
        outputs.append(_sampled(image, (y, x), order, "constant", fill_value))
    outputs = np.stack(outputs)
    return np.moveaxis(outputs, -1, 1) if data_format else outputs


def _patches(
    x: Any,
    size: Any,
    strides: Any = None,
    dilation_rate: int = 1,
    padding: str = "valid",
    data_format: Any = None,
    *,
    rank: int = 2,
) -> Any:
    if x.ndim == rank + 1:
        given = size, strides, dilation_rate, padding, data_format
        return _patches(x[None], *given, rank=rank)[0]
    x = np.moveaxis(x, 1, -1) if data_format else x
    size = (size,) * rank if isinstance(size, int) else size
    strides = size if strides is None else strides
    steps = (strides,) * rank if isinstance(strides, int) else strides
    wide = [(s - 1) * dilation_rate + 1 for s in size]
    if padding == "same":
        pads = []
        for length, w, step in zip(x.shape[1:], wide, steps, strict=False):
            total = max((-(-length // step) - 1) * step + w - length, 0)
            pads.append((total // 2, total - total // 2))
        x = np.pad(x, [(0, 0), *pads, (0, 0)])
    x = sliding_window_view(x, wide, tuple(range(1, rank + 1)))
    jumps = [slice(None, None, step) for step in steps]
    holes = [slice(None, None, dilation_rate)] * rank
    x = x[(slice(None), *jumps, slice(None), *holes)]
    x = np.moveaxis(x, rank + 1, -1)
    x = x.reshape(*x.shape[: rank + 1], -1)
    return np.moveaxis(x, -1, 1) if data_format else x


def _volumes(*args: Any, **kwargs: Any) -> Any:
    return _patches(*args, **kwargs, rank=3)


T = Table(
    "ops.image_geometry",
    "keras.ops.image",
    reference={
        "affine_transform": _affine,
        "map_coordinates": _map,
        "perspective_transform": _perspective,
        "extract_patches": _patches,
        "extract_patches_3d": _volumes,
    },
)

_FIRST = "channels_first"
_FEW = ["forward", "spec"]
_IMAGES = u(2, 5, 6, 3)

# No pixel comes from halfway between two.
_TURN = [0.9, 0.3, -0.73, -0.2, 1.1, 0.43, 0.0, 0.0]
_MOVE = [1.0, 0.0, 1.3, 0.0, 1.0, -2.6, 0.0, 0.0]
_TWO = v([_TURN, _MOVE])

T(
    "affine_transform",
    "two images",
    _IMAGES,
    _TWO,
    refuses={
        "an unknown interpolation": bad(_IMAGES, _TWO, interpolation="bicubic"),
        "an unknown filling": bad(_IMAGES, _TWO, fill_mode="best"),
        "two axes": bad(u(5, 6), v(_TURN)),
        "a transform of three axes": bad(_IMAGES, u(2, 1, 8)),
        "a transform of six numbers": bad(u(5, 6, 3), u(6)),
    },
)
for _mode in _MODES:
    for _method in ("bilinear", "nearest"):
        T(
            "affine_transform",
            f"{_mode}, {_method}",
            _IMAGES,
            _TWO,
            interpolation=_method,
            fill_mode=_mode,
            fill_value=0.5,
            checks=["forward"],
        )
    T(
        "affine_transform",
        f"{_mode}, far outside",
        u(4, 3, 1),
        v([1.0, 0.0, 14.3, 0.0, 1.0, -11.6, 0.0, 0.0]),
        fill_mode=_mode,
        checks=["forward"],
    )
T("affine_transform", "one image", u(5, 6, 3), v(_TURN), checks=_FEW)
T(
    "affine_transform",
    "channels first",
    u(2, 3, 5, 6),
    _TWO,
    data_format=_FIRST,
    checks=_FEW,
)
T("affine_transform", "one transform for all", _IMAGES, v(_TURN), checks=["forward"])
T(
    "affine_transform",
    "uint8",
    i(5, 6, 3, high=256, dtype="uint8"),
    v(_TURN),
    ref=False,
    checks=_FEW,
)
T(
    "affine_transform",
    "a perspective",
    u(5, 6, 1),
    v([0.9, 0.3, -0.73, -0.2, 1.1, 0.43, 0.05, -0.02]),
    checks=["forward"],
)
T(
    "affine_transform",
    "a transform that is not an input",
    _IMAGES,
    ref=False,
    run=lambda keras, x: keras.ops.image.affine_transform(
        x, np.asarray([_TURN, _MOVE], "float32")
    ),
    checks=["grad_inputs"],
)
T(
    "affine_transform",
    "the transform is kept",
    u(5, 6, 1),
    v(_TURN),
    ref=False,
    run=lambda keras, x, transform: (
        keras.ops.image.affine_transform(x, transform),
        transform,
    ),
    checks=["forward"],
)
T(
    "affine_transform",
    "two transforms are kept",
    _IMAGES,
    _TWO,
    ref=False,
    run=lambda keras, x, transform: (
        keras.ops.image.affine_transform(x, transform),
        transform,
    ),
    checks=["forward"],
)

_PLACES = v([[-1.6, -0.4, 0.3, 2.2, 4.4, 5.7], [0.2, -0.9, 1.1, 2.7, 3.4, 4.9]])
T(
    "map_coordinates",
    "linear",
    u(5, 4),
    _PLACES,
    order=1,
    refuses={
        "cubic": bad(u(5, 4), _PLACES, order=3),
        "an unknown filling": bad(u(5, 4), _PLACES, order=1, fill_mode="best"),
        "other axes": bad(u(5, 4, 3), _PLACES, order=1),
        "coordinates of one axis": bad(u(5, 4), v([0.5, 0.5]), order=1),
    },
)
for _mode in _MODES:
    for _order in (0, 1):
        T(
            "map_coordinates",
            f"{_mode}, order {_order}",
            u(5, 4),
            _PLACES,
            order=_order,
            fill_mode=_mode,
            fill_value=0.5,
            checks=["forward", "grad_inputs"] if _order else ["forward"],
        )
    T(
        "map_coordinates",
        f"{_mode}, far outside",
        u(4),
        v([[-13.3, -9.0, -4.2, 8.1, 12.4, 17.0]]),
        order=1,
        fill_mode=_mode,
        checks=["forward"],
    )
    T(
        "map_coordinates",
        f"{_mode} of one pixel",
        u(1),
        v([[-1.3, -0.2, 0.4, 1.2]]),
        order=1,
        fill_mode=_mode,
        checks=["forward"],
    )
T(
    "map_coordinates",
    "halves, order 0",
    u(6),
    v([[0.5, 1.5, 2.5, 3.5, -0.5, 5.5]]),
    order=0,
    fill_mode="nearest",
    ref=False,
    checks=["forward"],
)
T(
    "map_coordinates",
    "at the pixels",
    u(4),
    v([[0.0, 1.0, 3.0]]),
    order=1,
    checks=["forward", "grad_inputs"],
)
T(
    "map_coordinates",
    "int32",
    i(5, 4, high=100),
    _PLACES,
    order=1,
    ref=False,
    checks=_FEW,
)
T(
    "map_coordinates",
    "uint8",
    i(5, 4, high=256, dtype="uint8"),
    _PLACES,
    order=1,
    fill_mode="nearest",
    ref=False,
    checks=_FEW,
)
T(
    "map_coordinates",
    "whole coordinates",
    u(5, 4),
    v([[0, 4, 2], [3, 0, 1]], "int32"),
    order=1,
    checks=["forward"],
)
T(
    "map_coordinates",
    "three axes",
    u(3, 4, 5),
    u(3, 2, 2, high=3.0),
    order=1,
    checks=_FEW,
)
T(
    "map_coordinates",
    "not a number",
    u(4),
    v([[float("nan"), 1.0]]),
    order=1,
    fill_mode="nearest",
    ref=False,
    checks=["forward"],
)

_CORNERS = v([[[0.0, 0.0], [0.0, 5.0], [4.0, 0.0], [4.0, 5.0]]] * 2)
_ENDS = v(
    [
        [[0.5, 0.3], [0.2, 4.6], [4.3, 0.4], [3.7, 5.2]],
        [[0.0, 0.0], [0.0, 5.0], [4.0, 0.0], [4.0, 5.0]],
    ]
)
T(
    "perspective_transform",
    "two images",
    _IMAGES,
    _CORNERS,
    _ENDS,
    refuses={
        "an unknown interpolation": bad(
            _IMAGES, _CORNERS, _ENDS, interpolation="bicubic"
        ),
        "three points": bad(_IMAGES, u(2, 3, 2), u(2, 3, 2)),
        "other numbers of points": bad(_IMAGES, _CORNERS, u(4, 2)),
        "two axes": bad(u(5, 6), u(4, 2), u(4, 2)),
    },
)
for _method in ("bilinear", "nearest"):
    T(
        "perspective_transform",
        f"{_method}, filled",
        _IMAGES,
        _CORNERS,
        _ENDS,
        interpolation=_method,
        fill_value=0.5,
        checks=["forward"],
    )
_ONE = (
    v([[0.0, 0.0], [0.0, 5.0], [4.0, 0.0], [4.0, 5.0]]),
    v([[0.5, 0.3], [0.2, 4.6], [4.3, 0.4], [3.7, 5.2]]),
)
T("perspective_transform", "one image", u(5, 6, 3), *_ONE, checks=_FEW)
T(
    "perspective_transform",
    "channels first",
    u(2, 3, 5, 6),
    _CORNERS,
    _ENDS,
    data_format=_FIRST,
    checks=_FEW,
)
T(
    "perspective_transform",
    "one set of points for all",
    _IMAGES,
    *_ONE,
    ref=False,
    checks=["forward"],
)
T(
    "perspective_transform",
    "uint8",
    i(5, 6, 3, high=256, dtype="uint8"),
    *_ONE,
    ref=False,
    checks=_FEW,
)

T(
    "crop_images",
    "by its edges",
    _IMAGES,
    1,
    2,
    1,
    1,
    ref=lambda x, *_: x[:, 1:-1, 2:-1],
    refuses={
        "nothing": bad(_IMAGES),
        "too much": bad(_IMAGES, 1, 1, 1, 1, target_height=2, target_width=2),
        "more than there is": bad(_IMAGES, 4, 0, 4, 0),
        "a negative edge": bad(_IMAGES, -1, 0, 0, 0),
        "two axes": bad(u(5, 6), 1, 1, 1, 1),
    },
)
T(
    "crop_images",
    "to a size",
    _IMAGES,
    top_cropping=1,
    left_cropping=0,
    target_height=3,
    target_width=4,
    ref=lambda x, **_: x[:, 1:4, :4],
    checks=[*_FEW, "grad_inputs"],
)
T(
    "crop_images",
    "from below, channels first",
    u(3, 5, 6),
    bottom_cropping=1,
    right_cropping=2,
    target_height=3,
    target_width=3,
    data_format=_FIRST,
    ref=lambda x, **_: x[:, 1:4, 1:4],
    checks=_FEW,
)
T("crop_images", "to nothing", _IMAGES, 5, 0, 0, 0, ref=False, checks=_FEW)
T(
    "pad_images",
    "by its edges",
    _IMAGES,
    1,
    2,
    0,
    1,
    ref=lambda x, *_: np.pad(x, ((0, 0), (1, 0), (2, 1), (0, 0))),
    refuses={
        "nothing": bad(_IMAGES),
        "a size too small": bad(_IMAGES, 1, 1, target_height=3, target_width=9),
        "a negative edge": bad(_IMAGES, -1, 0, 0, 0),
        "two axes": bad(u(5, 6), 1, 1, 1, 1),
    },
)
T(
    "pad_images",
    "to a size",
    _IMAGES,
    top_padding=2,
    right_padding=0,
    target_height=9,
    target_width=8,
    ref=lambda x, **_: np.pad(x, ((0, 0), (2, 2), (2, 0), (0, 0))),
    checks=[*_FEW, "grad_inputs"],
)
T(
    "pad_images",
    "channels first, uint8",
    i(3, 5, 6, high=256, dtype="uint8"),
    bottom_padding=1,
    left_padding=2,
    target_height=7,
    target_width=9,
    data_format=_FIRST,
    ref=lambda x, **_: np.pad(x, ((0, 0), (1, 1), (2, 1))),
    checks=_FEW,
)

T(
    "extract_patches",
    "squares",
    u(2, 6, 7, 2),
    2,
    refuses={
        "a size of four": bad(u(2, 6, 7, 2), (2, 2, 2, 2)),
        "a size of text": bad(u(2, 6, 7, 2), "two"),
        "an unknown padding": bad(u(2, 6, 7, 2), 2, padding="full"),
    },
)
for _padding in ("valid", "same"):
    T(
        "extract_patches",
        f"overlapping, {_padding}",
        u(2, 6, 7, 2),
        (3, 2),
        strides=(1, 1),
        padding=_padding,
        checks=_FEW,
    )
    T(
        "extract_patches",
        f"apart, {_padding}",
        u(6, 7, 2),
        2,
        strides=3,
        padding=_padding,
        checks=_FEW,
    )
    T(
        "extract_patches",
        f"dilated, {_padding}",
        u(1, 6, 7, 2),
        2,
        strides=1,
        dilation_rate=2,
        padding=_padding,
        checks=_FEW,
    )
    T(
        "extract_patches",
        f"channels first, {_padding}",
        u(2, 2, 6, 7),
        (3, 2),
        padding=_padding,
        data_format=_FIRST,
        checks=_FEW,
    )
    T(
        "extract_patches_3d",
        f"volumes, {_padding}",
        u(2, 4, 5, 4, 2),
        (2, 3, 2),
        padding=_padding,
        checks=[] if _padding == "valid" else _FEW,
    )
T("extract_patches", "uint8", i(1, 4, 4, 1, dtype="uint8"), 2, checks=_FEW)
T("extract_patches", "int32", i(1, 4, 4, 1), 2, checks=["forward"])
T("extract_patches", "three sizes", u(4, 4, 4, 1), (2, 2, 2), ref=False, checks=_FEW)
T("extract_patches_3d", "one volume", u(4, 4, 5, 2), 2, strides=1, checks=_FEW)
T(
    "extract_patches_3d",
    "channels first",
    u(1, 2, 4, 5, 4),
    2,
    strides=(1, 2, 1),
    data_format=_FIRST,
    checks=_FEW,
)
T(
    "extract_patches_3d",
    "dilated",
    u(1, 4, 5, 4, 1),
    2,
    strides=1,
    dilation_rate=2,
    checks=_FEW,
)
