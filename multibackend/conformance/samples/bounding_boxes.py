"""`keras.utils.bounding_boxes`: formats, clipping, overlaps, deltas, transforms."""

import itertools
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.table import Table, bad


def _corners(boxes: Any, source: str, height: Any, width: Any) -> Any:
    """Left, top, right and bottom, in pixels."""
    a, b, c, d = np.moveaxis(np.asarray(boxes), -1, 0)
    form = source.removeprefix("rel_")
    if form == "yxyx":
        a, b, c, d = b, a, d, c
    elif form == "xywh":
        c, d = a + c, b + d
    elif form == "center_xywh":
        a, b, c, d = a - c / 2, b - d / 2, a + c / 2, b + d / 2
    elif form == "center_yxhw":
        a, b, c, d = b - d / 2, a - c / 2, b + d / 2, a + c / 2
    if source.startswith("rel_"):
        a, b, c, d = a * width, b * height, c * width, d * height
    return a, b, c, d


def _convert(
    boxes: Any,
    source: str,
    target: str,
    height: Any = None,
    width: Any = None,
    dtype: str = "float32",
) -> Any:
    del dtype
    left, top, right, bottom = _corners(boxes, source, height, width)
    if target.startswith("rel_"):
        left, right = left / width, right / width
        top, bottom = top / height, bottom / height
    form = target.removeprefix("rel_")
    wide, high = right - left, bottom - top
    x, y = (left + right) / 2, (top + bottom) / 2
    found = {
        "xyxy": (left, top, right, bottom),
        "yxyx": (top, left, bottom, right),
        "xywh": (left, top, wide, high),
        "center_xywh": (x, y, wide, high),
        "center_yxhw": (y, x, high, wide),
    }
    return np.stack(found[form], -1)


def _iou(boxes1: Any, boxes2: Any, bounding_box_format: str, **more: Any) -> Any:
    height, width, _ = more.get("image_shape", (None, None, None))
    one = [
        c[..., :, None] for c in _corners(boxes1, bounding_box_format, height, width)
    ]
    two = [
        c[..., None, :] for c in _corners(boxes2, bounding_box_format, height, width)
    ]
    wide = np.maximum(np.minimum(one[2], two[2]) - np.maximum(one[0], two[0]), 0)
    high = np.maximum(np.minimum(one[3], two[3]) - np.maximum(one[1], two[1]), 0)
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (one, two)]
    return wide * high / (areas[0] + areas[1] - wide * high + 1e-7)


def _moved(boxes: Any, top: Any, left: Any) -> Any:
    return boxes + np.asarray([left, top, left, top])


def _crop(boxes: Any, top: Any, left: Any, height: Any, width: Any) -> Any:
    moved = _moved(boxes, -top, -left)
    return np.clip(moved, 0, np.asarray([width, height, width, height]))


def _deltas(
    anchors: Any,
    boxes: Any,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    height, width, _ = image_shape or (None, None, None)
    anchors = _convert(anchors, anchor_format, encoding_format, height, width)
    boxes = _convert(boxes, box_format, encoding_format, height, width)
    sizes = anchors[..., 2:]
    places = (boxes[..., :2] - anchors[..., :2]) / sizes
    deltas = np.concatenate([places, np.log(boxes[..., 2:] / sizes)], -1)
    return deltas if variance is None else deltas / np.asarray(variance)


def _decoded(
    anchors: Any,
    boxes_delta: Any,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Any = None,
    image_shape: Any = None,
) -> Any:
    height, width, _ = image_shape or (None, None, None)
    anchors = _convert(anchors, anchor_format, encoded_format, height, width)
    deltas = boxes_delta if variance is None else boxes_delta * np.asarray(variance)
    places = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
    sizes = np.exp(deltas[..., 2:]) * anchors[..., 2:]
    boxes = np.concatenate([places, sizes], -1)
    return _convert(boxes, encoded_format, box_format, height, width)


T = Table(
    "bounding_boxes",
    "keras.utils.bounding_boxes",
    reference={
        "compute_iou": _iou,
        "convert_format": _convert,
        "crop": _crop,
        "decode_deltas_to_boxes": _decoded,
        "encode_box_to_deltas": _deltas,
        "pad": _moved,
    },
)

_NAN = float("nan")
_FEW = ["forward", "spec"]
_ROWS = [[10.0, 20.0, 30.0, 60.0], [0.0, 0.0, 50.0, 40.0], [5.0, 5.0, 5.0, 9.0]]
_MORE = [[12.0, 18.0, 33.0, 55.0], [40.0, 40.0, 70.0, 80.0], [0.0, 0.0, 50.0, 40.0]]
_BOXES, _OTHERS = v(_ROWS), v(_MORE)
_BATCH = v([_ROWS, _MORE])
_SIZE: dict[str, Any] = {"height": 100, "width": 80}

_FORMATS = (
    "xyxy",
    "yxyx",
    "xywh",
    "center_xywh",
    "center_yxhw",
    "rel_xyxy",
    "rel_yxyx",
    "rel_xywh",
    "rel_center_xywh",
)

T(
    "convert_format",
    "corners to sizes",
    _BOXES,
    "xyxy",
    "xywh",
    refuses={
        "an unknown format": bad(_BOXES, "xyxy", "xyz"),
        "no size of the image": bad(_BOXES, "xyxy", "rel_xyxy"),
        "five numbers a box": bad(n(2, 5), "xyxy", "xywh"),
    },
)
for _source, _target in itertools.product(_FORMATS, repeat=2):
    # Each format once from, and once to, the one beside it.
    _near = _FORMATS.index(_target) - _FORMATS.index(_source)
    if _near in (1, 3, -2, -7):
        T(
            "convert_format",
            f"{_source} to {_target}",
            _BATCH,
            _source,
            _target,
            checks=["forward"],
            **_SIZE,
        )
T(
    "convert_format",
    "in capitals",
    _BOXES,
    "XYXY",
    "xyWH",
    ref=False,
    checks=["forward"],
)
T("convert_format", "the same", _BOXES, "xyxy", "xyxy", checks=_FEW)
T(
    "convert_format",
    "int32",
    i(3, 4, high=50),
    "xyxy",
    "center_xywh",
    checks=_FEW,
)
T(
    "convert_format",
    "to int32",
    v([[10, 20, 31, 60]], "int32"),
    "xyxy",
    "center_xywh",
    dtype="int32",
    ref=False,
    checks=["forward"],
)
T(
    "convert_format",
    "a dict",
    _BOXES,
    ref=lambda boxes: {"boxes": _convert(boxes, "xyxy", "yxyx"), "labels": boxes},
    run=lambda keras, boxes: keras.utils.bounding_boxes.convert_format(
        {"boxes": boxes, "labels": boxes}, "xyxy", "yxyx"
    ),
    checks=["forward"],
)


def _clipped(keras: Any, boxes: Any, labels: Any, **more: Any) -> Any:
    return keras.utils.bounding_boxes.clip_to_image_size(
        {"boxes": boxes, "labels": labels}, **more
    )


def _clip(boxes: Any, labels: Any, height: int = 1, width: int = 1, **_: Any) -> Any:
    boxes = np.clip(boxes, 0, [width, height, width, height])
    area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return {"boxes": boxes, "labels": np.where(area > 0, labels, -1)}


_BEYOND = v([[-10.0, -20.0, 150.0, 160.0], [50.0, 40.0, 70.0, 80.0], [90, 9, 99, 20]])
T(
    "clip_to_image_size",
    "in pixels",
    _BEYOND,
    v([0, 1, 2], "int32"),
    run=_clipped,
    ref=_clip,
    **_SIZE,
)
T(
    "clip_to_image_size",
    "labels of floats",
    _BEYOND,
    v([0.0, 1.0, 2.0]),
    run=_clipped,
    ref=_clip,
    checks=["forward"],
    **_SIZE,
)
T(
    "clip_to_image_size",
    "relative",
    v([[[-0.1, 0.2, 1.5, 0.9], [1.1, 0.0, 1.2, 0.5]]]),
    v([[3, 4]], "int32"),
    run=_clipped,
    ref=_clip,
    bounding_box_format="rel_xyxy",
    checks=["forward"],
)
T(
    "clip_to_image_size",
    "boxes of int32",
    v([[-10, -20, 150, 160], [50, 40, 70, 80]], "int32"),
    v([0, 1], "int32"),
    run=_clipped,
    ref=_clip,
    checks=["forward"],
    **_SIZE,
)

T(
    "compute_iou",
    "rows and rows",
    _BOXES,
    _OTHERS,
    bounding_box_format="xyxy",
    refuses={
        "one box": bad(v([1.0, 2.0, 3.0, 4.0]), _OTHERS, bounding_box_format="xyxy"),
        "relative without a size": bad(_BOXES, _OTHERS, bounding_box_format="rel_xyxy"),
        "an unknown format": bad(_BOXES, _OTHERS, bounding_box_format="xyz"),
    },
)
T(
    "compute_iou",
    "batches",
    _BATCH,
    _BATCH,
    bounding_box_format="yxyx",
    checks=_FEW,
)
T(
    "compute_iou",
    "a batch and rows",
    _BATCH,
    _BOXES,
    bounding_box_format="xyxy",
    checks=_FEW,
)
T(
    "compute_iou",
    "rows and a batch",
    _BOXES,
    _BATCH,
    bounding_box_format="xyxy",
    checks=_FEW,
)
T(
    "compute_iou",
    "relative",
    v([[0.1, 0.1, 0.5, 0.6]]),
    v([[0.2, 0.2, 0.6, 0.5]]),
    bounding_box_format="rel_xyxy",
    image_shape=(100, 80, 3),
    checks=["forward"],
)
T(
    "compute_iou",
    "masked",
    v([[10.0, 20.0, 30.0, 60.0], [-1.0, -1.0, -1.0, -1.0]]),
    v([[12.0, 18.0, 33.0, 55.0], [-1.0, -1.0, -1.0, -1.0]]),
    bounding_box_format="xyxy",
    use_masking=True,
    mask_val=-2,
    ref=False,
    checks=["forward"],
)
T(
    "compute_iou",
    "no area",
    v([[5.0, 5.0, 5.0, 5.0]]),
    v([[5.0, 5.0, 5.0, 5.0]]),
    bounding_box_format="xyxy",
    checks=["forward"],
)
T(
    "compute_iou",
    "not a number",
    v([[_NAN, 5.0, 9.0, 9.0]]),
    _BOXES,
    bounding_box_format="xyxy",
    ref=False,
    checks=["forward"],
)
T(
    "compute_ciou",
    "pairs",
    _BOXES,
    _OTHERS,
    bounding_box_format="xyxy",
    refuses={
        "a relative format": bad(_BOXES, _OTHERS, bounding_box_format="rel_xyxy"),
    },
)
for _source in ("yxyx", "xywh", "center_xywh"):
    T(
        "compute_ciou",
        f"{_source} in batches",
        _BATCH,
        _BATCH,
        bounding_box_format=_source,
        checks=_FEW,
    )
T(
    "compute_ciou",
    "the same box",
    _BOXES,
    _BOXES,
    bounding_box_format="xyxy",
    checks=["forward", "grad_inputs"],
)

T(
    "crop",
    "rows",
    _BOXES,
    top=10,
    left=5,
    height=30,
    width=20,
    refuses={
        "another format": bad(
            _BOXES, top=1, left=1, height=9, width=9, bounding_box_format="xywh"
        )
    },
)
T("crop", "a batch", _BATCH, top=-5, left=0, height=30, width=60, checks=_FEW)
T("crop", "int32", i(3, 4, high=50), top=9, left=9, height=20, width=20, checks=_FEW)
T(
    "pad",
    "rows",
    _BOXES,
    top=10,
    left=5,
    refuses={"another format": bad(_BOXES, top=1, left=1, bounding_box_format="xywh")},
)
T("pad", "a batch", _BATCH, top=-5, left=0.5, checks=_FEW)
T("pad", "int32", i(3, 4, high=50), top=1, left=2, checks=_FEW)

_PAIR: dict[str, Any] = {"anchor_format": "xyxy", "box_format": "xyxy"}
_ANCHORS = v([[8.0, 16.0, 40.0, 56.0], [0.0, 0.0, 64.0, 32.0]])
_TARGETS = v([[10.0, 20.0, 30.0, 60.0], [0.0, 4.0, 50.0, 40.0]])
_STEPS = n(2, 4, std=0.3)
for _name, _given, _form in (
    ("encode_box_to_deltas", _TARGETS, "encoding_format"),
    ("decode_deltas_to_boxes", _STEPS, "encoded_format"),
):
    _other: dict[str, Any] = _PAIR | {_form: "center_xywh"}
    T(
        _name,
        "corners",
        _ANCHORS,
        _given,
        **_PAIR,
        refuses={
            "three variances": bad(_ANCHORS, _given, variance=[0.1] * 3, **_PAIR),
            "another encoding": bad(_ANCHORS, _given, **_PAIR, **{_form: "xyxy"}),
        },
    )
    T(
        _name,
        "variance",
        _ANCHORS,
        _given,
        variance=[0.1, 0.1, 0.2, 0.2],
        checks=_FEW,
        **_other,
    )
    T(
        _name,
        "relative",
        v([[0.1, 0.2, 0.5, 0.7], [0.0, 0.0, 1.0, 0.5]]),
        v([[0.1, 0.1, 0.6, 0.7], [0.1, 0.0, 0.9, 0.5]]),
        anchor_format="rel_xyxy",
        box_format="rel_xyxy",
        image_shape=(100, 80, 3),
        checks=["forward"],
    )
T(
    "encode_box_to_deltas",
    "a box without area",
    _ANCHORS,
    v([[10.0, 20.0, 10.0, 20.0], [0.0, 4.0, 50.0, 40.0]]),
    ref=False,
    checks=["forward", "grad_inputs"],
    **_PAIR,
)
T(
    "decode_deltas_to_boxes",
    "levels",
    _ANCHORS,
    _STEPS,
    ref=lambda anchors, deltas: {
        "p3": _decoded(anchors, deltas, **_PAIR),
        "p4": _decoded(anchors, -deltas, **_PAIR),
    },
    run=lambda keras, anchors, deltas: (
        keras.utils.bounding_boxes.decode_deltas_to_boxes(
            {"p3": anchors, "p4": anchors}, {"p3": deltas, "p4": -deltas}, **_PAIR
        )
    ),
    checks=["forward"],
)

_STILL: dict[str, Any] = {
    "angle": v([0.0, 0.0]),
    "translate_x": v([0.0, 0.0]),
    "translate_y": v([0.0, 0.0]),
    "scale": v([1.0, 1.0]),
    "shear_x": v([0.0, 0.0]),
    "shear_y": v([0.0, 0.0]),
    "height": 100,
    "width": 80,
}
_MOVED: dict[str, Any] = _STILL | {
    "angle": v([10.0, -35.0]),
    "translate_x": v([0.1, 0.0]),
    "translate_y": v([0.0, -0.2]),
    "scale": v([1.2, 0.7]),
    "shear_x": v([5.0, 0.0]),
    "shear_y": v([0.0, -8.0]),
}
T(
    "affine_transform",
    "everything",
    _BATCH,
    **_MOVED,
    refuses={
        "another format": bad(_BATCH, bounding_box_format="xywh", **_STILL),
    },
)
T(
    "affine_transform",
    "nothing",
    _BATCH,
    **_STILL,
    ref=lambda boxes, **_: boxes,
    checks=["forward", "spec"],
)
_TURNED: dict[str, Any] = _STILL | {"angle": v([90.0, 180.0])}
T(
    "affine_transform",
    "about a corner",
    _BATCH,
    **_TURNED,
    center_x=0.0,
    center_y=0.0,
    checks=["forward"],
)
